/*
 * exercise - plays cases through every party's pack and tells how each one's interval moves; every record is marked.
 *
 * Thread:    the caller's; no sensor runs.
 * Memory:    one case at a time.
 * Owns:      what it reads.
 * Not here:  the case format -> legal/case.h
 */
#ifndef PIPELINE_EXERCISE_H
#define PIPELINE_EXERCISE_H

/* `exercise [--json | --explain] [--party ID] [--packs DIR] [--effects FILE] CASE...`: argv[0] is the word itself. 0; 1: a case stands
 * apart from its published range; 2: something could not be read. */
int exercise_main(int argc, char **argv);

#endif
