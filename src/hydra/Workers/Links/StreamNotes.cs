using System.Text;
using Hydra.Protocol;

namespace Hydra.Workers.Links;

/// <summary>Where a stream is that a worker has.</summary>
internal enum StreamPhase
{
    /// <summary>Its response has not begun.</summary>
    Waiting,

    /// <summary>Its response has begun.</summary>
    Responding,

    /// <summary>It is a session.</summary>
    Session,

    /// <summary>The front has cancelled it, and the worker is not through with it.</summary>
    Cancelled,
}

/// <summary>A request that a worker has, for who wants to know what it does.</summary>
/// <param name="Link">The data link.</param>
/// <param name="Id">The stream's id on it.</param>
/// <param name="Age">How long the worker has had it.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path as the client sent it, without the query; cut where it is long.</param>
/// <param name="Phase">How far it is.</param>
internal readonly record struct ActiveStream(int Link, ulong Id, TimeSpan Age, string Method, string Path, StreamPhase Phase);

/// <summary>
/// What is remembered of the streams of a link for who asks: when each was opened, and what its request is for. The request's own frame is given
/// back as soon as its response begins. Kept only where somebody may ask; all calls under the gate of the channel.
/// </summary>
internal sealed class StreamNotes
{
    /// <summary>Bytes that are kept of a method and a path together.</summary>
    public const int Longest = 160;

    private Note[] _notes = new Note[64];

    /// <summary>A stream is opened.</summary>
    /// <param name="index">Its place in the table.</param>
    /// <param name="frame">Its REQUEST, with the header.</param>
    /// <param name="now">Milliseconds of <see cref="Environment.TickCount64"/>.</param>
    public void Keep(int index, ReadOnlySpan<byte> frame, long now)
    {
        if (index >= _notes.Length)
        {
            Array.Resize(ref _notes, Math.Max(index + 1, _notes.Length * 2));
        }

        ref Note note = ref _notes[index];
        note.OpenedAt = now;
        note.Method = note.Path = 0;
        if (RequestMessage.TryRead(frame[ProtocolLimits.HeaderSize..], out RequestMessage request))
        {
            byte[] bytes = note.Bytes ??= new byte[Longest];
            note.IsCut = request.Method.Length + request.RawPath.Length > Longest;
            note.Method = Copy(request.Method, bytes);
            note.Path = Copy(request.RawPath, bytes.AsSpan(note.Method));
        }
    }

    /// <summary>How long ago a stream was opened, and its method and path.</summary>
    public (TimeSpan Age, string Method, string Path) Of(int index, long now)
    {
        if (index >= _notes.Length || _notes[index].Bytes is not { } bytes)
        {
            return (TimeSpan.Zero, "", "");
        }

        ref Note note = ref _notes[index];
        return (
            TimeSpan.FromMilliseconds(Math.Max(0, now - note.OpenedAt)),
            Encoding.Latin1.GetString(bytes, 0, note.Method),
            Encoding.Latin1.GetString(bytes, note.Method, note.Path) + (note.IsCut ? "…" : ""));
    }

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        int length = Math.Min(from.Length, to.Length);
        from[..length].CopyTo(to);
        return length;
    }

    private struct Note
    {
        public long OpenedAt;
        public byte[]? Bytes;
        public int Method;
        public int Path;
        public bool IsCut;
    }
}
