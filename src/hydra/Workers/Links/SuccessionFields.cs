using Hydra.Jobs;
using Hydra.Protocol;
using Hydra.State;

namespace Hydra.Workers.Links;

/// <summary>How what is handed over is written and read.</summary>
internal static class SuccessionFields
{
    private const int Absent = -1;

    /// <summary>Writes a call.</summary>
    public static void Write(BinaryWriter fields, SavedCall call)
    {
        fields.Write((byte)call.Operation);
        fields.Write((byte)call.Options);
        fields.Write(call.Number);
        fields.Write(call.Other);
        fields.Write(call.Milliseconds);
        fields.Write(call.Wait);
        fields.Write(call.Sequence);
        Write(fields, call.Key);
        Write(fields, call.Value);
    }

    /// <summary>Reads a call.</summary>
    public static SavedCall ReadCall(BinaryReader fields) => new(
        (StateOperation)fields.ReadByte(), (StateOptions)fields.ReadByte(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadUInt32(),
        fields.ReadUInt32(), ReadBytes(fields) ?? [], ReadBytes(fields) ?? []);

    /// <summary>Writes what became of a call.</summary>
    public static void Write(BinaryWriter fields, in StateResult result)
    {
        fields.Write((byte)result.Status);
        fields.Write(result.Number);
        fields.Write(result.Other);
        fields.Write(result.IsNumber);
        Write(fields, result.Value);
    }

    /// <summary>Reads what became of a call.</summary>
    public static StateResult ReadResult(BinaryReader fields)
        => new((StateStatus)fields.ReadByte(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadBoolean(), ReadBytes(fields));

    /// <summary>Writes an entry.</summary>
    public static void Write(BinaryWriter fields, SavedEntry entry)
    {
        fields.Write((byte)entry.Space);
        Write(fields, entry.Name);
        Write(fields, entry.Value);
        fields.Write(entry.Number);
        fields.Write(entry.IsNumber);
        fields.Write(entry.Version);
        fields.Write(entry.Left ?? Absent);
        fields.Write(entry.Ages?.Length ?? Absent);
        foreach (long age in entry.Ages ?? [])
        {
            fields.Write(age);
        }
    }

    /// <summary>Reads an entry.</summary>
    public static SavedEntry ReadEntry(BinaryReader fields) => new(
        (StateSpace)fields.ReadByte(), ReadBytes(fields) ?? [], ReadBytes(fields), fields.ReadInt64(), fields.ReadBoolean(), fields.ReadInt64(),
        ReadLeft(fields), ReadAges(fields));

    /// <summary>Writes a place in a lock.</summary>
    public static void Write(BinaryWriter fields, SavedLease lease, int owner, int caller)
    {
        Write(fields, lease.Name);
        fields.Write(lease.Token);
        fields.Write(lease.Left ?? Absent);
        fields.Write(owner);
        fields.Write(caller);
        fields.Write(lease.By.Sequence);
    }

    /// <summary>Reads a place in a lock: its name, its token, the milliseconds that it lasts yet, and the numbers of the process, the link and the call.</summary>
    public static (byte[] Name, long Token, long? Left, int Owner, int Caller, uint Sequence) ReadLease(BinaryReader fields)
        => (ReadBytes(fields) ?? [], fields.ReadInt64(), ReadLeft(fields), fields.ReadInt32(), fields.ReadInt32(), fields.ReadUInt32());

    /// <summary>Writes a task that waits.</summary>
    public static void Write(BinaryWriter fields, SavedJob job)
    {
        JobSpec spec = job.Spec;
        fields.Write(job.Id);
        fields.Write(job.Delay);
        fields.Write(job.Attempts);
        fields.Write(job.QueuedOn);
        fields.Write(spec.Name);
        fields.Write(spec.Timeout);
        fields.Write(spec.Retries);
        fields.Write(spec.Priority);
        fields.Write(spec.Keep);
        fields.Write(spec.Backoff);
        Write(fields, spec.Key);
        Write(fields, spec.Payload);
    }

    /// <summary>Reads a task that waits.</summary>
    public static SavedJob ReadJob(BinaryReader fields)
    {
        (long id, long delay, int attempts, long queuedOn) = (fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt32(), fields.ReadInt64());
        var spec = new JobSpec
        {
            Kind = JobKind.Deferred,
            Name = fields.ReadString(),
            Timeout = fields.ReadUInt32(),
            Retries = fields.ReadInt32(),
            Priority = fields.ReadInt16(),
            Keep = fields.ReadUInt32(),
            Backoff = fields.ReadUInt32(),
            Key = ReadBytes(fields) ?? [],
            Payload = ReadBytes(fields) ?? [],
        };
        return new SavedJob(spec, id, delay, attempts, queuedOn);
    }

    private static void Write(BinaryWriter fields, byte[]? bytes)
    {
        fields.Write(bytes?.Length ?? Absent);
        fields.Write(bytes ?? []);
    }

    private static byte[]? ReadBytes(BinaryReader fields) => ReadCount(fields, sizeof(byte)) is { } length ? fields.ReadBytes(length) : null;

    private static long? ReadLeft(BinaryReader fields) => fields.ReadInt64() is var left && left < 0 ? null : left;

    private static long[]? ReadAges(BinaryReader fields)
    {
        if (ReadCount(fields, sizeof(long)) is not { } count)
        {
            return null;
        }

        long[] ages = new long[count];
        for (int i = 0; i < count; i++)
        {
            ages[i] = fields.ReadInt64();
        }

        return ages;
    }

    // Of what is there: nothing is allocated for what is not.
    private static int? ReadCount(BinaryReader fields, int size)
    {
        int count = fields.ReadInt32();
        return count < 0 ? null
            : count <= (fields.BaseStream.Length - fields.BaseStream.Position) / size ? count
            : throw new EndOfStreamException();
    }
}
