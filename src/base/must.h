/* must.h - a check of our own mistakes that stays on in production. Never used on input, never on I/O. */
#ifndef BASE_MUST_H
#define BASE_MUST_H

_Noreturn void must_failed(const char *what, const char *file, int line);

#define must(condition) ((condition) ? (void)0 : must_failed(#condition, __FILE__, __LINE__))

#endif
