// What programs that are compiled here ask of glibc and versions up to 2.28 have under no or another name. Compiled without glibc's headers, which
// would give these functions other names. What is not here and is newer than 2.28 is an error of the linker.
#include <stdarg.h>
#include <stddef.h>

// stat and mknod, functions of libc.so.6 since 2.33. Before, each program had a part that said which struct stat it means: its own of this
// processor, which is the same with and without 64.
#if defined __x86_64__
#define STAT_VERSION 1
#else
#define STAT_VERSION 0
#endif
#define MKNOD_VERSION 0

struct stat;
typedef unsigned int mode_type;
typedef unsigned long device_type;

extern int __xstat(int, const char *, struct stat *);
extern int __lxstat(int, const char *, struct stat *);
extern int __fxstat(int, int, struct stat *);
extern int __fxstatat(int, int, const char *, struct stat *, int);
extern int __xmknod(int, const char *, mode_type, device_type *);
extern int __xmknodat(int, int, const char *, mode_type, device_type *);

int stat(const char *path, struct stat *result) { return __xstat(STAT_VERSION, path, result); }
int lstat(const char *path, struct stat *result) { return __lxstat(STAT_VERSION, path, result); }
int fstat(int file, struct stat *result) { return __fxstat(STAT_VERSION, file, result); }
int fstatat(int directory, const char *path, struct stat *result, int flags) { return __fxstatat(STAT_VERSION, directory, path, result, flags); }
int mknod(const char *path, mode_type mode, device_type device) { return __xmknod(MKNOD_VERSION, path, mode, &device); }
int mknodat(int directory, const char *path, mode_type mode, device_type device) { return __xmknodat(MKNOD_VERSION, directory, path, mode, &device); }

int stat64(const char *path, struct stat *result) __attribute__((alias("stat")));
int lstat64(const char *path, struct stat *result) __attribute__((alias("lstat")));
int fstat64(int file, struct stat *result) __attribute__((alias("fstat")));
int fstatat64(int directory, const char *path, struct stat *result, int flags) __attribute__((alias("fstatat")));

// Numbers as C23 reads them (2.38): with 0b for binary ones where the base is 0 or 2. Who was compiled before had those of C99, and nothing that
// is linked here gives a text with 0b.
extern long strtol(const char *, char **, int);
extern unsigned long strtoul(const char *, char **, int);
extern long long strtoll(const char *, char **, int);
extern unsigned long long strtoull(const char *, char **, int);
extern int __isoc99_vsscanf(const char *, const char *, va_list);
extern int __isoc99_vfscanf(void *, const char *, va_list);

long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
long long __isoc23_strtoll(const char *text, char **end, int base) { return strtoll(text, end, base); }
unsigned long long __isoc23_strtoull(const char *text, char **end, int base) { return strtoull(text, end, base); }

int __isoc23_sscanf(const char *text, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int result = __isoc99_vsscanf(text, format, values);
    va_end(values);
    return result;
}

int __isoc23_fscanf(void *file, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int result = __isoc99_vfscanf(file, format, values);
    va_end(values);
    return result;
}
