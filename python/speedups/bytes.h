/* Numbers in the byte order of the link protocol, which is little-endian. */
#ifndef HYDRA_BYTES_H
#define HYDRA_BYTES_H

#include <stdint.h>

static inline void wire_put16(char *at, uint16_t value)
{
    at[0] = (char)value;
    at[1] = (char)(value >> 8);
}

static inline void wire_put32(char *at, uint32_t value)
{
    wire_put16(at, (uint16_t)value);
    wire_put16(at + 2, (uint16_t)(value >> 16));
}

static inline void wire_put64(char *at, uint64_t value)
{
    wire_put32(at, (uint32_t)value);
    wire_put32(at + 4, (uint32_t)(value >> 32));
}

static inline uint32_t wire_get8(const char *at)
{
    return (unsigned char)at[0];
}

static inline uint32_t wire_get16(const char *at)
{
    return wire_get8(at) | wire_get8(at + 1) << 8;
}

static inline uint32_t wire_get32(const char *at)
{
    return wire_get16(at) | wire_get16(at + 2) << 16;
}

static inline uint64_t wire_get64(const char *at)
{
    return wire_get32(at) | (uint64_t)wire_get32(at + 4) << 32;
}

#endif
