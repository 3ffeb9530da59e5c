using System.Buffers.Binary;
using System.Numerics;
using Hydra.Protocol;

namespace Hydra.Dispatch;

/// <summary>
/// A number by which a request is recognised when it comes again: method, target, headers and the part of the body that is in its frame.
/// Not which connection it came on, nor the headers that differ from one attempt to the next. The seed differs from process to process.
/// </summary>
internal static class RequestFingerprint
{
    private const ulong Prime = 0x9E3779B97F4A7C15;

    private static readonly ulong Seed = BinaryPrimitives.ReadUInt64LittleEndian(Guid.NewGuid().ToByteArray());

    /// <summary>The fingerprint of a REQUEST frame with its header.</summary>
    public static ulong Of(ReadOnlySpan<byte> frame)
    {
        ulong hash = Seed;
        if (!RequestMessage.TryRead(frame[ProtocolLimits.HeaderSize..], out RequestMessage request))
        {
            return Add(hash, frame);
        }

        hash = Add(Add(Add(hash, request.Method), request.RawPath), request.Query);
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(request.Headers))
        {
            if (!DiffersEachTime(name))
            {
                hash = Add(Add(hash, name), value);
            }
        }

        return Add(hash, request.Body);
    }

    // What proxies, balancers, tracing and the front itself give each attempt anew.
    private static bool DiffersEachTime(ReadOnlySpan<byte> name)
        => name.StartsWith("x-request-"u8) || name.StartsWith("traceparent"u8) || name.StartsWith("tracestate"u8)
            || name.StartsWith("x-b3-"u8) || name.StartsWith("x-amzn-trace-"u8) || name.StartsWith("x-correlation-"u8)
            || name.SequenceEqual("x-hydra-affinity-moved"u8);

    private static ulong Add(ulong hash, ReadOnlySpan<byte> data)
    {
        // The length stands for the border between this field and the next.
        hash = Mix(hash, (ulong)data.Length);
        while (data.Length >= sizeof(ulong))
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        ulong rest = 0;
        foreach (byte value in data)
        {
            rest = (rest << 8) | value;
        }

        return Mix(hash, rest);
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * Prime;
        return BitOperations.RotateLeft(hash, 29) ^ (hash >> 32);
    }
}
