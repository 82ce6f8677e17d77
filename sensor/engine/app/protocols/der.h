/*
 * der - the name under which protocols have long included base/der.h.
 *
 * Thread:    any; values only.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  everything -> base/der.h
 */
#ifndef ENGINE_PROTOCOLS_DER_H
#define ENGINE_PROTOCOLS_DER_H

#include "base/der.h"

#endif
