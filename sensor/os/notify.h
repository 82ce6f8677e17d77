/*
 * notify - sd_notify(3): tells systemd what state the sensor is in; does nothing without NOTIFY_SOCKET.
 *
 * Thread:    main's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  when to say it -> ../run.c
 */
#ifndef OS_NOTIFY_H
#define OS_NOTIFY_H

/* "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=...", "WATCHDOG=1"; several lines at once are allowed. */
void notify_send(const char *state);

#endif
