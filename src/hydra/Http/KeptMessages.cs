using System.Buffers;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>
/// What a session's client sends from a message on, until the application has acknowledged it: in order, with how far a worker has been given it. Who has it guards it.
/// </summary>
/// <param name="desk">Whose memory it is.</param>
/// <param name="late">Called where more is kept than may be, after <see cref="ResumeDesk.Patience"/>, again after each <see cref="WaitOn"/>.</param>
#pragma warning disable CA1001 // Release() leaves nothing behind.
internal sealed class KeptMessages(ResumeDesk desk, Action late)
#pragma warning restore CA1001
{
    // A piece and its place in the list.
    private const int Overhead = 64;

    private readonly List<(byte[] Data, FrameFlags Flags, long Number)> _pieces = [];
    private Timer? _timer;
    private bool _isShort;
    private long _bytes;

    // The next piece that a worker gets, and how much of it one has.
    private int _next;
    private int _at;

    /// <summary>The number of the first message that is kept when a worker was given it; what comes before it only passes.</summary>
    public long From { get; set; }

    /// <summary>The number of the first message that is here; null where none is.</summary>
    public long? First => _pieces.Count > 0 ? _pieces[0].Number : null;

    /// <summary>Whether something is here that no worker has been given.</summary>
    public bool HasNext => _next < _pieces.Count;

    /// <summary>Whether more is here than may be.</summary>
    public bool IsOver => _isShort || _bytes > desk.MostKept;

    /// <summary>Whether the client is to be read: the worker has all that is here, and there is room.</summary>
    public bool TakesMore => !HasNext && !IsOver;

    /// <summary>A piece of a message has come: it is kept whatever there is room for.</summary>
    /// <param name="data">Its bytes.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="number">The number of its message, from 0.</param>
    public void Add(in ReadOnlySequence<byte> data, FrameFlags flags, long number)
    {
        _pieces.Add((data.ToArray(), flags, number));
        long size = data.Length + Overhead;
        _bytes += size;
        if (!desk.Memory.TryTake(size))
        {
            desk.Memory.Take(size);
            _isShort = true;
        }

        if (IsOver && _timer is null)
        {
            WaitOn();
        }
    }

    /// <summary>Messages before the one with this number are not needed any more, as far as a worker was given the whole of them.</summary>
    /// <returns>Whether some were here.</returns>
    public bool Acknowledge(long number)
    {
        int count = 0;
        for (int i = 0; i < _next && _pieces[i].Number < number; i++)
        {
            count = (_pieces[i].Flags & FrameFlags.More) == 0 ? i + 1 : count;
        }

        Remove(0, count);
        return count > 0;
    }

    /// <summary>What was given is not needed any more, and what comes only passes.</summary>
    public void Lapse()
    {
        From = long.MaxValue;
        _isShort = false;
        Remove(0, _next);
    }

    /// <summary>Another worker gets all that is here and was to be kept; of a message whose beginning was not, nothing.</summary>
    public void Rewind()
    {
        _next = _at = 0;
        Remove(0, _pieces.FindIndex(piece => piece.Number >= From) is >= 0 and int count ? count : _pieces.Count);
    }

    /// <summary>What a worker gets next.</summary>
    /// <param name="rest">The rest of a piece.</param>
    /// <param name="flags">Its flags.</param>
    public bool TryNext(out ReadOnlyMemory<byte> rest, out FrameFlags flags)
    {
        (byte[] data, flags, _) = HasNext ? _pieces[_next] : ([], FrameFlags.None, 0);
        rest = HasNext ? data.AsMemory(_at) : default;
        return HasNext;
    }

    /// <summary>A worker was given so many bytes of what is next.</summary>
    public void OnGiven(int size)
    {
        _at += size;
        if (_at < _pieces[_next].Data.Length)
        {
            return;
        }

        _at = 0;
        _next++;
        if (_pieces[_next - 1].Number < From)
        {
            Remove(_next - 1, 1);
        }
    }

    /// <summary>It is looked at again a while later.</summary>
    public void WaitOn()
    {
        _timer ??= new Timer(_ => late(), null, Timeout.Infinite, Timeout.Infinite);
        _timer.Change(desk.Patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gives everything back.</summary>
    public void Release()
    {
        _next = 0;
        Remove(0, _pieces.Count);
    }

    private void Remove(int index, int count)
    {
        long freed = 0;
        for (int i = index; i < index + count; i++)
        {
            freed += _pieces[i].Data.Length + Overhead;
        }

        _pieces.RemoveRange(index, count);
        _next = Math.Max(0, _next - count);
        _bytes -= freed;
        desk.Memory.Give(freed);
        _isShort &= count == 0;
        if (!IsOver)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }
}
