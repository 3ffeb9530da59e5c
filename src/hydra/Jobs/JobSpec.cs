using System.Buffers.Binary;
using System.Text;
using Hydra.State;

namespace Hydra.Jobs;

/// <summary>What is to be done, and how.</summary>
internal sealed record JobSpec
{
    /// <summary>The time of who wants none to be over.</summary>
    public const uint Endless = uint.MaxValue;

    // timeout u32, retries u16, priority i16, seconds to keep u32, backoff u32, length of the name u16
    private const int DeferHead = 18;

    /// <summary>What it is.</summary>
    public JobKind Kind { get; init; }

    /// <summary>What it is called in the log: module:function, or a method.</summary>
    public string Name { get; init; } = "";

    /// <summary>Function and arguments, which only the process that does it reads.</summary>
    public byte[] Payload { get; init; } = [];

    /// <summary>Milliseconds after which its time is over; 0 for what the lane has, <see cref="Endless"/> for none.</summary>
    public uint Timeout { get; init; }

    /// <summary>How often it is begun once more where it has failed.</summary>
    public int Retries { get; init; }

    /// <summary>Whether it is begun once more where its process has ended: of a call alone.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>Higher ones are begun first.</summary>
    public short Priority { get; init; }

    /// <summary>Seconds for which it is kept what came of it.</summary>
    public uint Keep { get; init; }

    /// <summary>Milliseconds until it is begun once more, twice as many each further time.</summary>
    public uint Backoff { get; init; }

    /// <summary>While one with the same key waits no other is taken; empty for none.</summary>
    public byte[] Key { get; init; } = [];

    /// <summary>Reads what TASK_DEFER says.</summary>
    /// <returns>Null where it makes no sense.</returns>
    public static JobSpec? OfDefer(in StateCall call)
    {
        ReadOnlySpan<byte> value = call.Value;
        if (value.Length < DeferHead || BinaryPrimitives.ReadUInt16LittleEndian(value[16..]) is var named && value.Length < DeferHead + named)
        {
            return null;
        }

        return new JobSpec
        {
            Kind = JobKind.Deferred,
            Timeout = BinaryPrimitives.ReadUInt32LittleEndian(value),
            Retries = BinaryPrimitives.ReadUInt16LittleEndian(value[4..]),
            Priority = BinaryPrimitives.ReadInt16LittleEndian(value[6..]),
            Keep = BinaryPrimitives.ReadUInt32LittleEndian(value[8..]),
            Backoff = BinaryPrimitives.ReadUInt32LittleEndian(value[12..]),
            Name = Encoding.UTF8.GetString(value.Slice(DeferHead, named)),
            Payload = value[(DeferHead + named)..].ToArray(),
            Key = call.Key.ToArray(),
        };
    }

    /// <summary>Reads what TASK_CALL says: the key is the pool, the value begins with the name of the method.</summary>
    /// <returns>Null where it makes no sense.</returns>
    public static JobSpec? OfCall(in StateCall call)
    {
        ReadOnlySpan<byte> value = call.Value;
        if (value.Length < sizeof(ushort) || BinaryPrimitives.ReadUInt16LittleEndian(value) is var named && value.Length < sizeof(ushort) + named)
        {
            return null;
        }

        return new JobSpec
        {
            Kind = (call.Number & 1) == 0 ? JobKind.Call : JobKind.Stream,
            IsIdempotent = (call.Number & 2) != 0,
            Timeout = (uint)Math.Min(call.Milliseconds, Endless),
            Name = Encoding.UTF8.GetString(value.Slice(sizeof(ushort), named)),
            Payload = value[(sizeof(ushort) + named)..].ToArray(),
        };
    }

    /// <summary>What the process is told that is to do it: kind, whether somebody wants to know what comes of it, the length of the name, milliseconds that it may take; the name; the payload.</summary>
    public byte[] ForServer(uint timeout)
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        byte[] told = new byte[8 + name.Length + Payload.Length];
        told[0] = (byte)Kind;
        told[1] = (byte)(Kind is not JobKind.Deferred || Keep > 0 ? 1 : 0);
        BinaryPrimitives.WriteUInt16LittleEndian(told.AsSpan(2), (ushort)name.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(told.AsSpan(4), timeout);
        name.CopyTo(told, 8);
        Payload.CopyTo(told, 8 + name.Length);
        return told;
    }
}
