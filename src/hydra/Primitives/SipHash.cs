using System.Buffers.Binary;
using System.Numerics;

namespace Hydra.Primitives;

/// <summary>SipHash-2-4: a hash of 64 bits with a key, whose collisions nobody can find who does not know the key.</summary>
internal static class SipHash
{
    /// <summary>The hash of some bytes.</summary>
    /// <param name="low">The first eight bytes of the key, little endian.</param>
    /// <param name="high">The others.</param>
    /// <param name="data">Any number of bytes.</param>
    public static ulong Of(ulong low, ulong high, ReadOnlySpan<byte> data)
    {
        var state = new State(low, high);
        ulong last = (ulong)data.Length << 56;
        while (data.Length >= sizeof(ulong))
        {
            state.Add(BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        for (int i = 0; i < data.Length; i++)
        {
            last |= (ulong)data[i] << (8 * i);
        }

        state.Add(last);
        return state.End();
    }

    private struct State(ulong low, ulong high)
    {
        private ulong _a = low ^ 0x736f6d6570736575;
        private ulong _b = high ^ 0x646f72616e646f6d;
        private ulong _c = low ^ 0x6c7967656e657261;
        private ulong _d = high ^ 0x7465646279746573;

        public void Add(ulong word)
        {
            _d ^= word;
            Turn();
            Turn();
            _a ^= word;
        }

        public ulong End()
        {
            _c ^= 0xff;
            Turn();
            Turn();
            Turn();
            Turn();
            return _a ^ _b ^ _c ^ _d;
        }

        private void Turn()
        {
            _a += _b;
            _b = BitOperations.RotateLeft(_b, 13) ^ _a;
            _a = BitOperations.RotateLeft(_a, 32);
            _c += _d;
            _d = BitOperations.RotateLeft(_d, 16) ^ _c;
            _a += _d;
            _d = BitOperations.RotateLeft(_d, 21) ^ _a;
            _c += _b;
            _b = BitOperations.RotateLeft(_b, 17) ^ _c;
            _c = BitOperations.RotateLeft(_c, 32);
        }
    }
}
