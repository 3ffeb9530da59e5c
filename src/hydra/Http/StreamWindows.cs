using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hydra.Http;

/// <summary>
/// How much each stream of a connection of HTTP/2 may still be sent (RFC 9113, section 5.2), as far as its frames say it. A response whose client leaves no room for it and takes
/// nothing for too long is aborted: whoever writes it waits, and so may a thread of the application. Below HTTP/2 the transport sees to the same. Any thread.
/// </summary>
/// <param name="patience">How long a stream may wait for room; 0 for ever.</param>
/// <param name="time">The clock.</param>
internal sealed class StreamWindows(TimeSpan patience, TimeProvider time) : IDisposable
{
    private const int FirstWindow = 65535;

    private readonly Dictionary<int, Window> _streams = [];
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private bool _isArmed;
    private bool _isOver;
    private int _newest;
    private long _connection = FirstWindow;
    private long _initial = FirstWindow;

    /// <summary>Streams that are known.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _streams.Count;
            }
        }
    }

    /// <summary>The client has sent a head: a new stream, unless it is that of trailers.</summary>
    public void OnRequested(int stream)
    {
        lock (_lock)
        {
            if (stream > _newest)
            {
                _newest = stream;
                _streams[stream] = new Window { Left = _initial };
            }
        }
    }

    /// <summary>The client says how much each stream may be sent at first (SETTINGS_INITIAL_WINDOW_SIZE): it holds for those that are open, too (section 6.9.2).</summary>
    public void OnInitial(uint size)
    {
        lock (_lock)
        {
            long change = size - _initial;
            _initial = size;
            foreach (int stream in _streams.Keys)
            {
                Find(stream).Left += change;
            }

            Arm(patience);
        }
    }

    /// <summary>The client lets a stream, or with 0 the connection, be sent more.</summary>
    public void OnCredit(int stream, uint size)
    {
        lock (_lock)
        {
            if (stream == 0)
            {
                _connection += size;
                return;
            }

            ref Window window = ref Find(stream);
            if (!Unsafe.IsNullRef(ref window))
            {
                window.Left += size;
            }
        }
    }

    /// <summary>A stream is over: one of both sides has reset it.</summary>
    public void OnReset(int stream)
    {
        lock (_lock)
        {
            _streams.Remove(stream);
        }
    }

    /// <summary>A head or a part of a body was sent.</summary>
    /// <param name="stream">Of this stream.</param>
    /// <param name="size">Bytes that count for the window.</param>
    /// <param name="isLast">Whether nothing follows.</param>
    public void OnSent(int stream, int size, bool isLast)
    {
        lock (_lock)
        {
            _connection -= size;
            if (isLast)
            {
                _streams.Remove(stream);
                return;
            }

            ref Window window = ref Find(stream);
            if (Unsafe.IsNullRef(ref window))
            {
                return;
            }

            window.Left -= size;
            window.SentAt = time.GetTimestamp();
            if (IsFull(window))
            {
                Arm(patience);
            }
        }
    }

    /// <summary>A request has begun: who is to be aborted. Null when it is over.</summary>
    public void Attach(int stream, RequestContext? request)
    {
        lock (_lock)
        {
            ref Window window = ref Find(stream);
            if (!Unsafe.IsNullRef(ref window))
            {
                window.Request = request;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _timer?.Dispose();
            _streams.Clear();
        }
    }

    // Under the lock, as all below. A null reference where there is none.
    private ref Window Find(int stream) => ref CollectionsMarshal.GetValueRefOrNullRef(_streams, stream);

    private bool IsFull(in Window window) => window.SentAt is not null && (window.Left <= 0 || _connection <= 0);

    private void Arm(TimeSpan due)
    {
        if (_isArmed || _isOver || patience <= TimeSpan.Zero)
        {
            return;
        }

        _isArmed = true;
        _timer ??= time.CreateTimer(static state => ((StreamWindows)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        lock (_lock)
        {
            _isArmed = false;
            if (_isOver)
            {
                return;
            }

            TimeSpan next = TimeSpan.MaxValue;
            foreach ((int _, Window window) in _streams)
            {
                if (!IsFull(window))
                {
                    continue;
                }

                TimeSpan left = patience - time.GetElapsedTime(window.SentAt!.Value);
                if (left > TimeSpan.Zero)
                {
                    next = left < next ? left : next;
                }
                else
                {
                    // Under the lock, so that it cannot have become the context of another request meanwhile.
                    window.Request?.Http.Abort();
                }
            }

            if (next < TimeSpan.MaxValue)
            {
                Arm(next + TimeSpan.FromMilliseconds(1));
            }
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Window
    {
        public long Left;

        // Null before the answer has begun.
        public long? SentAt;
        public RequestContext? Request;
    }
}
