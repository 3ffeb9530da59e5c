using System.Buffers;
using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// Keeps the bytes that the reader of a connection consumes before a request begins: its head, as the client sent it. Kestrel's
/// dictionary groups headers by name and knows no order among different names, and making strings of all of them costs more than
/// everything else that is done with them. Used by the connection's reader alone, on whatever thread it is.
/// </summary>
internal sealed class HeadCapture
{
    // More than any head that Kestrel accepts.
    private const int MostBytes = 128 * 1024;

    private byte[] _bytes = [];
    private int _count;

    // A connection begins with a head.
    private bool _isOn = true;

    // What was consumed since the capture was stopped, and what is still to be passed over: the body of the request.
    private long _passed;
    private long _toPass;

    /// <summary>The head, if the bytes that were consumed last are one; else nothing.</summary>
    public ReadOnlySpan<byte> Bytes => _isOn ? _bytes.AsSpan(0, _count) : default;

    /// <summary>The reader has consumed bytes.</summary>
    public void Append(ReadOnlySpan<byte> consumed)
    {
        if (!_isOn)
        {
            _passed += consumed.Length;
            return;
        }

        if (_toPass > 0)
        {
            int passed = (int)Math.Min(_toPass, consumed.Length);
            _toPass -= passed;
            consumed = consumed[passed..];
        }

        if (_bytes.Length - _count < consumed.Length && !TryGrow(consumed.Length))
        {
            Stop();
            return;
        }

        consumed.CopyTo(_bytes.AsSpan(_count));
        _count += consumed.Length;
    }

    /// <summary>The reader has consumed bytes.</summary>
    public void Append(in ReadOnlySequence<byte> consumed)
    {
        foreach (ReadOnlyMemory<byte> segment in consumed)
        {
            Append(segment.Span);
        }
    }

    /// <summary>Forgets the head: what is consumed now is the request's body.</summary>
    public void Stop()
    {
        _isOn = false;
        _passed = 0;
        _count = 0;
        if (_bytes.Length > 0)
        {
            BufferPool.Return(_bytes);
            _bytes = [];
        }
    }

    /// <summary>The request is over: a new head begins behind what is left of its body.</summary>
    /// <param name="bodyLength">
    /// How long the body was in all, in bytes; null where that is not known, and the next head is then not kept.
    /// </param>
    public void Restart(long? bodyLength)
    {
        if (_isOn)
        {
            Stop();
        }

        _isOn = bodyLength is not null;
        _toPass = Math.Max(0, (bodyLength ?? 0) - _passed);
        _passed = 0;
    }

    private bool TryGrow(int size)
    {
        if (_count + size > MostBytes)
        {
            return false;
        }

        byte[] larger = BufferPool.Rent(Math.Max(_count + size, _bytes.Length * 2));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            BufferPool.Return(_bytes);
        }

        _bytes = larger;
        return true;
    }
}
