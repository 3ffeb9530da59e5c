/* What was made of bytes, found again by them: header blocks, their fields, what is said of a connection. */
#include <stdlib.h>

#include "speedups.h"

/*
 * Sets of a few places each. What comes for the first time is not kept: most of what never comes again, such as a header with an id of its
 * own, leaves nothing behind but its hash. What comes the second time takes the place that was taken longest ago.
 */
#define SETS 512
#define PLACES 4
/* The longest that is kept, in bytes. */
#define LONGEST 4096

typedef struct {
    uint64_t hash;
    size_t size;
    char *bytes;
    PyObject *made;
} Place;

struct MemorySet {
    uint64_t seen; /* the hash of what came last and was not here */
    unsigned int next;
    Place places[PLACES];
};

static inline uint64_t load(const char *data, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, data, size);
    return word;
}

static inline uint64_t mix(uint64_t one, uint64_t other)
{
    unsigned __int128 product = (unsigned __int128)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Spreads what clients send most; who makes up bytes that meet in one set makes the others of that set be made anew. */
static uint64_t hash_of(const char *data, size_t size)
{
    static const uint64_t first = 0x9E3779B97F4A7C15u, second = 0xD1B54A32D192ED03u;
    uint64_t hash = size ^ second;
    for (; size > 16; data += 16, size -= 16) {
        hash = mix(load(data, 8) ^ first, load(data + 8, 8) ^ hash);
    }
    return mix(load(data, size < 8 ? size : 8) ^ first, (size > 8 ? load(data + 8, size - 8) : 0) ^ hash) ^ hash;
}

/* New: what was made of these bytes; NULL without an exception where that is not known. `hash` is for memory_keep(). */
PyObject *memory_find(const Memory *memory, const char *data, size_t size, uint64_t *hash)
{
    *hash = hash_of(data, size);
    if (memory->sets == NULL) {
        return NULL;
    }
    const Place *places = memory->sets[*hash % SETS].places;
    for (int i = 0; i < PLACES; i++) {
        if (places[i].hash == *hash && places[i].made != NULL && places[i].size == size && memcmp(places[i].bytes, data, size) == 0) {
            Py_INCREF(places[i].made);
            return places[i].made;
        }
    }
    return NULL;
}

/* What was made of bytes that are not here. Without memory for it it is not kept. */
void memory_keep(Memory *memory, const char *data, size_t size, uint64_t hash, PyObject *made)
{
    if (memory->sets == NULL) {
        memory->sets = calloc(SETS, sizeof *memory->sets);
    }
    if (memory->sets == NULL || size > LONGEST) {
        return;
    }
    struct MemorySet *set = &memory->sets[hash % SETS];
    if (set->seen != hash) {
        set->seen = hash;
        return;
    }
    char *bytes = malloc(size + 1);
    if (bytes == NULL) {
        return;
    }
    memcpy(bytes, data, size);
    Place *place = &set->places[set->next++ % PLACES];
    PyObject *before = place->made;
    free(place->bytes);
    Py_INCREF(made);
    *place = (Place){hash, size, bytes, made};
    Py_XDECREF(before);
}

/* Forgets all. */
void memory_clear(Memory *memory)
{
    struct MemorySet *sets = memory->sets;
    memory->sets = NULL;
    for (size_t i = 0; sets != NULL && i < SETS * PLACES; i++) {
        Place *place = &sets[i / PLACES].places[i % PLACES];
        free(place->bytes);
        Py_XDECREF(place->made);
    }
    free(sets);
}
