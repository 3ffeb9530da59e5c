using System.Buffers.Binary;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>
/// Either end of the link between a server and the one that takes its place. A frame is its length (four bytes, little endian), its kind, the number of
/// the state that it is about, and fields.
/// </summary>
#pragma warning disable CA1001 // They are streams in memory, and leave nothing behind.
internal abstract class SuccessionLink : ILinkSink
#pragma warning restore CA1001
{
    /// <summary>Grows with each change of the frames: servers of different versions hand nothing over.</summary>
    public const int Version = 2;

    private const int LengthSize = sizeof(int);

    private readonly LinkChannel _channel;

    // The channel's gate guards both.
    private readonly MemoryStream _frame = new();
    private readonly BinaryWriter _fields;

    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What has come and is no whole frame yet. The reading side's.
    private readonly MemoryStream _unread = new();

    /// <summary>Makes the end of a link.</summary>
    /// <param name="channel">The connected channel, which is not started yet.</param>
    protected SuccessionLink(LinkChannel channel)
    {
        _channel = channel;
        _fields = new BinaryWriter(_frame);
    }

    /// <summary>Completes when either end has closed it.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Begins to read.</summary>
    public void Start() => _channel.Start(this);

    /// <summary>Closes the link, both ends of it.</summary>
    public void Close() => _channel.Close();

    int ILinkSink.OnBytes(ReadOnlySpan<byte> data)
    {
        _unread.Position = _unread.Length;
        _unread.Write(data);
        ReadOnlyMemory<byte> rest = _unread.GetBuffer().AsMemory(0, (int)_unread.Length);
        try
        {
            while (rest.Length >= LengthSize && BinaryPrimitives.ReadInt32LittleEndian(rest.Span) is var length && length <= rest.Length - LengthSize)
            {
                using var reader = new BinaryReader(new MemoryStream(rest.Slice(LengthSize, length).ToArray()));
                OnFrame((SuccessionFrame)reader.ReadByte(), reader.ReadInt32(), reader);
                rest = rest[(LengthSize + length)..];
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or KeyNotFoundException or ArgumentException)
        {
            // It is no server as this one; what it has said until now was good.
            return -1;
        }

        Keep(rest);
        return data.Length;
    }

    void ILinkSink.OnClosed(Exception? error)
    {
        OnClosed();
        _closed.TrySetResult();
    }

    /// <summary>A frame has come.</summary>
    protected abstract void OnFrame(SuccessionFrame kind, int state, BinaryReader fields);

    /// <summary>The other end is gone.</summary>
    protected abstract void OnClosed();

    /// <summary>Sends a frame. Any thread.</summary>
    protected void Send(SuccessionFrame kind, int state, Action<BinaryWriter>? write = null)
    {
        lock (_channel.Gate)
        {
            _frame.SetLength(0);
            _fields.Write(0);
            _fields.Write((byte)kind);
            _fields.Write(state);
            write?.Invoke(_fields);
            _fields.Flush();
            Span<byte> frame = _frame.GetBuffer().AsSpan(0, (int)_frame.Length);
            BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - LengthSize);
            _channel.Output.Write(frame);
            _channel.FlushSoon();
        }
    }

    /// <summary>Waits until there is room for more.</summary>
    /// <returns>False where nobody reads any more.</returns>
    protected async Task<bool> WaitForRoomAsync()
    {
        for (var waiter = new Waiter(); !Closed.IsCompleted && IsFull(waiter); waiter = new Waiter())
        {
            await Task.WhenAny(waiter.Room, Closed).ConfigureAwait(false);
        }

        return !Closed.IsCompleted;
    }

    private bool IsFull(Waiter waiter)
    {
        lock (_channel.Gate)
        {
            return _channel.AwaitsRoom(waiter);
        }
    }

    // A large value comes in many pieces: they are moved when something before them has been taken, and not each time.
    private void Keep(ReadOnlyMemory<byte> rest)
    {
        if (rest.Length < _unread.Length)
        {
            byte[] buffer = _unread.GetBuffer();
            Buffer.BlockCopy(buffer, (int)_unread.Length - rest.Length, buffer, 0, rest.Length);
            _unread.SetLength(rest.Length);
        }
    }

    private sealed class Waiter : IOutputWaiter
    {
        private readonly TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Room => _room.Task;

        public void OnRoom() => _room.TrySetResult();
    }
}
