using System.Text;

namespace Hydra.Tests.Diagnostics;

/// <summary>A stream like a terminal: it can stop reading, and it can break.</summary>
internal sealed class BlockableStream : Stream
{
    private readonly MemoryStream _written = new();
    private readonly ManualResetEventSlim _open = new(true);

    /// <summary>Set when a write has begun.</summary>
    public ManualResetEventSlim Entered { get; } = new();

    /// <summary>Whether writes fail.</summary>
    public volatile bool IsBroken;

    public string Text
    {
        get
        {
            lock (_written)
            {
                return Encoding.UTF8.GetString(_written.ToArray());
            }
        }
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Block() => _open.Reset();

    public void Unblock() => _open.Set();

    public override void Write(byte[] buffer, int offset, int count)
    {
        Entered.Set();
        _open.Wait();
        if (IsBroken)
        {
            throw new IOException("No space left on device");
        }

        lock (_written)
        {
            _written.Write(buffer, offset, count);
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
