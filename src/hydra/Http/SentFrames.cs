using System.Buffers;

namespace Hydra.Http;

/// <summary>
/// Looks at the frames that a connection of HTTP/2 is sent (RFC 9113, section 4.1), for <see cref="StreamWindows"/>, and says where they are to be cut. For one thread at a time.
/// </summary>
/// <param name="windows">Told what is sent.</param>
internal sealed class SentFrames(StreamWindows windows)
{
    private const byte Data = 0, Headers = 1, Reset = 3;
    private const byte EndOfStream = 1;

    private readonly FrameCursor _frames = new();

    /// <summary>Looks at bytes that are to be sent.</summary>
    /// <param name="data">What follows what was looked at before; frames may be cut anywhere.</param>
    /// <returns>
    /// How many bytes may leave together, at least one: a reset begins a record of its own. Behind an answer it says that no more of the request is wanted, and
    /// clients that read both at once take the answer for one that has failed.
    /// </returns>
    public long Look(in ReadOnlySequence<byte> data)
    {
        long looked = 0;
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            ReadOnlySpan<byte> rest = segment.Span;
            while (_frames.Next(ref rest))
            {
                long at = looked + segment.Length - rest.Length - FrameCursor.HeadSize;
                if (_frames.Type == Reset && at > 0)
                {
                    // It is looked at once more, then as the first.
                    _frames.Repeat();
                    return at;
                }

                Tell();
            }

            looked += segment.Length;
        }

        return looked;
    }

    private void Tell()
    {
        bool isLast = (_frames.Flags & EndOfStream) != 0;
        switch (_frames.Type)
        {
            case Data:
                windows.OnSent(_frames.Stream, _frames.Length, isLast);
                break;
            case Headers:
                windows.OnSent(_frames.Stream, 0, isLast);
                break;
            case Reset:
                windows.OnReset(_frames.Stream);
                break;
        }
    }
}
