namespace Hydra.Diagnostics;

/// <summary>How an <see cref="OutputPump"/> trades memory and latency for writes.</summary>
/// <param name="Capacity">Bytes that may wait; what comes on top is dropped and counted.</param>
/// <param name="Linger">How long written bytes may wait for company; zero to write at once.</param>
/// <param name="Enough">Bytes that do not wait any longer.</param>
internal sealed record OutputPumpOptions(int Capacity, TimeSpan Linger, int Enough)
{
    /// <summary>For a log that somebody watches.</summary>
    public static OutputPumpOptions Immediate { get; } = new(4 << 20, TimeSpan.Zero, 0);

    /// <summary>For a log with a line for each request.</summary>
    public static OutputPumpOptions Batched { get; } = new(4 << 20, TimeSpan.FromSeconds(1), 32 << 10);
}

/// <summary>
/// Writes records to a stream from a thread of its own, so that a slow terminal, a full pipe or a full disk never holds up whoever
/// logs. Any thread may call; <c>_gate</c> guards the fields below it and is held for the time of a copy, never during a write.
/// </summary>
internal sealed class OutputPump : IDisposable
{
    // How long an exit waits for a terminal that does not read.
    private static readonly TimeSpan DisposeTimeout = TimeSpan.FromSeconds(2);

    private readonly Stream _stream;
    private readonly OutputPumpOptions _options;
    private readonly Func<long, ReadOnlyMemory<byte>> _lossNotice;
    private readonly Thread _thread;
    private readonly Lock _disposing = new();

    private readonly object _gate = new();
    private byte[] _filling = new byte[4096];
    private byte[] _writing = new byte[4096];
    private int _used;
    private long _records;
    private long _lost;
    private long _accepted;
    private long _written;
    private int _flushesWanted;
    private bool _stopping;

    /// <summary>Starts the thread.</summary>
    /// <param name="stream">Where the records go; not closed.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="threadName">For debuggers.</param>
    /// <param name="lossNotice">Makes the record that says how many records were lost; runs on the writing thread.</param>
    public OutputPump(Stream stream, OutputPumpOptions options, string threadName, Func<long, ReadOnlyMemory<byte>> lossNotice)
    {
        _stream = stream;
        _options = options;
        _lossNotice = lossNotice;
        _thread = new Thread(Run, 256 << 10) { IsBackground = true, Name = threadName };
        _thread.Start();
    }

    /// <summary>Queues one whole record.</summary>
    /// <returns>False when there was no room and the record is lost.</returns>
    public bool TryWrite(ReadOnlySpan<byte> record)
    {
        lock (_gate)
        {
            if (_stopping || record.Length > _options.Capacity - _used)
            {
                _lost++;
                return false;
            }

            if (record.Length > _filling.Length - _used)
            {
                Grow(_used + record.Length);
            }

            record.CopyTo(_filling.AsSpan(_used));
            int before = _used;
            _used += record.Length;
            _records++;
            _accepted += record.Length;
            if (before == 0 || (before < _options.Enough && _used >= _options.Enough))
            {
                Monitor.PulseAll(_gate);
            }

            return true;
        }
    }

    /// <summary>Waits until everything queued before is written, but no longer than <paramref name="timeout"/>.</summary>
    /// <returns>Whether it is written.</returns>
    public bool Flush(TimeSpan timeout)
    {
        long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (_gate)
        {
            long target = _accepted;
            _flushesWanted++;
            Monitor.PulseAll(_gate);
            while (_written < target)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left)))
                {
                    break;
                }
            }

            _flushesWanted--;
            return _written >= target;
        }
    }

    /// <summary>Writes what is queued, as far as the stream takes it within two seconds, and stops the thread.</summary>
    public void Dispose()
    {
        lock (_disposing)
        {
            lock (_gate)
            {
                _stopping = true;
                Monitor.PulseAll(_gate);
            }

            _thread.Join(DisposeTimeout);
        }
    }

    private void Grow(int needed)
    {
        int size = _filling.Length;
        while (size < needed)
        {
            size *= 2;
        }

        Array.Resize(ref _filling, Math.Min(size, Math.Max(needed, _options.Capacity)));
    }

    private void Run()
    {
        bool isLast;
        do
        {
            TakeBatch(out int length, out long records, out long lost, out isLast);
            bool written = Write(_writing.AsMemory(0, length));
            if (written && lost > 0)
            {
                written = Write(_lossNotice(lost));
                records = 0;
            }

            lock (_gate)
            {
                _written += length;
                _lost += written ? 0 : lost + records;
                Monitor.PulseAll(_gate);
            }
        }
        while (!isLast);
    }

    // Waits for something to write and takes all of it.
    private void TakeBatch(out int length, out long records, out long lost, out bool isLast)
    {
        lock (_gate)
        {
            while (_used == 0 && !_stopping)
            {
                Monitor.Wait(_gate);
            }

            Linger();
            (_filling, _writing) = (_writing, _filling);
            (length, records, lost, isLast) = (_used, _records, _lost, _stopping);
            (_used, _records, _lost) = (0, 0, 0);
        }
    }

    private void Linger()
    {
        long deadline = Environment.TickCount64 + (long)_options.Linger.TotalMilliseconds;
        while (!_stopping && _flushesWanted == 0 && _used < _options.Enough)
        {
            long left = deadline - Environment.TickCount64;
            if (left <= 0 || !Monitor.Wait(_gate, TimeSpan.FromMilliseconds(left)))
            {
                return;
            }
        }
    }

    private bool Write(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            _stream.Write(bytes.Span);
            _stream.Flush();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            // A closed pipe or a full disk: there is nowhere to say it. The records count as lost, and the next ones are tried again.
            return false;
        }
    }
}
