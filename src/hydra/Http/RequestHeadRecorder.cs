using System.Text;

namespace Hydra.Http;

/// <summary>
/// Keeps the headers of a connection's next request as the client sent them. Kestrel's dictionary groups headers by name and knows no
/// order among different names; the interfaces of Python give an application the list as it was received. Kestrel asks
/// <see cref="KestrelServerOptions.RequestHeaderEncodingSelector"/> for an encoding for each header it parses, in order: that is where
/// this listens. One recorder for a connection, found through the connection's execution context; HTTP/1 parses one request at a
/// time, so nothing else guards it.
/// </summary>
internal sealed class RequestHeadRecorder
{
    private static readonly AsyncLocal<RequestHeadRecorder?> Current = new();

    private byte[] _block = new byte[256];
    private int _count;

    // Whether the last name has no value yet. .NET decodes an empty value without asking the encoding.
    private bool _awaitsValue;

    // Whether the last name is Content-Length.
    private bool _isLength;

    /// <summary>
    /// The block of names and values as the link protocol has it, with a NUL at its end. Only where <see cref="IsExact"/>.
    /// </summary>
    public ReadOnlySpan<byte> Block
    {
        get
        {
            EndEmptyValue();
            return _block.AsSpan(0, _count);
        }
    }

    /// <summary>
    /// Whether the block has the headers of this request and nothing else. It may not after a chunked request whose end was not read
    /// while it was handled: its trailers come by the same way, and stand before what belongs to this request.
    /// </summary>
    public bool IsExact { get; private set; } = true;

    /// <summary>Whether there is a Content-Length.</summary>
    public bool HasLength { get; private set; }

    /// <summary>Whether a Content-Length has anything but digits. Kestrel's own check is less strict when values are decoded here.</summary>
    public bool HasBadLength { get; private set; }

    /// <summary>The part of the block that has the last headers.</summary>
    /// <param name="count">How many.</param>
    public ReadOnlySpan<byte> LastOf(int count)
    {
        ReadOnlySpan<byte> block = Block;
        int start = block.Length;
        for (int i = 0; i < count * 2 && start > 0; i++)
        {
            start = block[..(start - 1)].LastIndexOf((byte)0) + 1;
        }

        return block[start..];
    }

    /// <summary>Lets a new connection's requests be recorded. Called in the connection's flow before Kestrel reads from it.</summary>
    public static RequestHeadRecorder Begin()
    {
        var recorder = new RequestHeadRecorder();
        Current.Value = recorder;
        return recorder;
    }

    /// <summary>Kestrel is about to decode a header's value.</summary>
    public static Encoding EncodingFor(string name)
    {
        if (Current.Value is not { } recorder)
        {
            return Encoding.Latin1;
        }

        recorder.AppendName(name);
        return RecordingEncoding.Instance;
    }

    /// <summary>The request is over: what comes next belongs to the next one.</summary>
    /// <param name="mayTrailersFollow">Whether it had a chunked body that was not read to its end.</param>
    public void Reset(bool mayTrailersFollow)
    {
        _count = 0;
        _awaitsValue = false;
        IsExact = !mayTrailersFollow;
        HasLength = false;
        HasBadLength = false;
    }

    private void AppendName(string name)
    {
        EndEmptyValue();
        _awaitsValue = true;
        _isLength = name.Length == HeaderNames.ContentLength.Length && name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase);
        Span<byte> target = Reserve(name.Length + 1);
        Ascii.ToLower(name, target, out int written);
        target[written] = 0;
        _count += written + 1;
    }

    private void EndEmptyValue()
    {
        if (_awaitsValue)
        {
            AppendValue([]);
        }
    }

    private void AppendValue(ReadOnlySpan<byte> value)
    {
        _awaitsValue = false;
        if (_isLength)
        {
            HasLength = true;
            HasBadLength |= value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        }

        Span<byte> target = Reserve(value.Length + 1);
        value.CopyTo(target);
        target[value.Length] = 0;
        _count += value.Length + 1;
    }

    private Span<byte> Reserve(int size)
    {
        if (_block.Length - _count < size)
        {
            Array.Resize(ref _block, Math.Max(_block.Length * 2, _count + size));
        }

        return _block.AsSpan(_count);
    }

    /// <summary>Latin-1, each byte one character, that also hands the bytes of what it decodes to the connection's recorder.</summary>
    private sealed unsafe class RecordingEncoding : Encoding
    {
        public static readonly RecordingEncoding Instance = new();

        public override int GetByteCount(char[] chars, int index, int count) => count;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)
            => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetCharCount(byte* bytes, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
        {
            fixed (byte* source = bytes)
            fixed (char* target = chars)
            {
                return GetChars(source + byteIndex, byteCount, target + charIndex, chars.Length - charIndex);
            }
        }

        public override int GetChars(byte* bytes, int byteCount, char* chars, int charCount)
        {
            Current.Value?.AppendValue(new ReadOnlySpan<byte>(bytes, byteCount));
            return Latin1.GetChars(bytes, byteCount, chars, charCount);
        }

        public override int GetMaxByteCount(int charCount) => charCount;

        public override int GetMaxCharCount(int byteCount) => byteCount;
    }
}
