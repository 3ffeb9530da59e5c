// How a program begins under a glibc before 2.34, whose __libc_start_main does not run the program's own constructors: it calls what it is given for
// that, which crt1.o of a newer glibc no longer gives. A newer one calls what is given in the place of its own way, so that they run once.
#include <stddef.h>

typedef void constructor(int, char **, char **);

extern constructor *__preinit_array_start[] __attribute__((visibility("hidden")));
extern constructor *__preinit_array_end[] __attribute__((visibility("hidden")));
extern constructor *__init_array_start[] __attribute__((visibility("hidden")));
extern constructor *__init_array_end[] __attribute__((visibility("hidden")));
extern void _init(void) __attribute__((visibility("hidden")));

typedef int start(int (*)(int, char **, char **), int, char **, constructor *, void (*)(void), void (*)(void), void *);

extern start first_start_main;
#if defined __x86_64__
__asm__(".symver first_start_main, __libc_start_main@GLIBC_2.2.5");
#elif defined __aarch64__
__asm__(".symver first_start_main, __libc_start_main@GLIBC_2.17");
#else
#error "which version of __libc_start_main is the first of this processor?"
#endif

static void construct(int count, char **words, char **environment) {
    for (constructor **each = __preinit_array_start; each != __preinit_array_end; each++) {
        (*each)(count, words, environment);
    }
    _init();
    for (constructor **each = __init_array_start; each != __init_array_end; each++) {
        (*each)(count, words, environment);
    }
}

// The loader runs the destructors (rtld_fini), in old versions, too.
int __libc_start_main(int (*main)(int, char **, char **), int count, char **words, constructor *init, void (*fini)(void), void (*rtld_fini)(void), void *stack_end) {
    (void)init;
    (void)fini;
    return first_start_main(main, count, words, construct, NULL, rtld_fini, stack_end);
}
