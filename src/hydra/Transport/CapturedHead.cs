using System.Runtime.CompilerServices;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Transport;

/// <summary>
/// One head, taken line by line and strictly: its request line as the client sent it, and its fields as the header block of the link protocol
/// has them, lower-case names and values with NUL between them. Where Kestrel would refuse what HTTP allows, or reads it in a way of its own,
/// the line that Kestrel is going to read is overwritten with one of the same length that means the same to it; nobody else reads that.
/// </summary>
/// <param name="takesPathAsHost">Whether Host may be the path of a Unix socket.</param>
/// <param name="longestField">Bytes that the line of a field may have.</param>
internal sealed class CapturedHead(bool takesPathAsHost, int longestField)
{
    // More than the options allow: a line of 32 KiB and fields of 128 KiB.
    private const int MostBytes = 192 * 1024;

    // What a frame can say.
    private const int LongestMethod = byte.MaxValue;

    private byte[] _bytes = [];
    private int _count;
    private int _methodLength;
    private int _targetLength;
    private int _authorityStart;
    private int _authorityLength;
    private bool _isOld;
    private bool _hasHost;
    private bool _hasLength;
    private bool _hasType;
    private bool _isAbsolute;

    /// <summary>The method; empty where there was no request line yet.</summary>
    public ReadOnlySpan<byte> Method => _bytes.AsSpan(0, _methodLength);

    /// <summary>The request target, as the client sent it.</summary>
    public ReadOnlySpan<byte> Target => _bytes.AsSpan(_methodLength, _targetLength);

    /// <summary>Its version as Kestrel reads it.</summary>
    public string Protocol => _isOld ? "HTTP/1.0" : "HTTP/1.1";

    /// <summary>The header block. Of an absolute target Host is the target's, whatever the client has sent (RFC 9112, section 3.2.2).</summary>
    public ReadOnlySpan<byte> Block => _bytes.AsSpan(BlockStart, Math.Max(0, _count - BlockStart - 1));

    /// <summary>Whether Kestrel has read another method or target than the client has sent.</summary>
    public bool IsLineAltered { get; private set; }

    /// <summary>Whether any byte was overwritten since the head began.</summary>
    public bool IsAltered { get; private set; }

    /// <summary>Whether the body is chunked.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>How long the body is, unless it is chunked.</summary>
    public long ContentLength { get; private set; }

    /// <summary>Whether there is a field that workers may not be told as it is: see <see cref="DoubtfulNames"/>.</summary>
    public bool HasDoubtfulNames { get; private set; }

    /// <summary>
    /// Whether the connection has to close behind this request: chunks in HTTP/1.0 are likely somebody's mistake about where it ends (RFC 9112,
    /// section 6.1).
    /// </summary>
    public bool Closes => IsChunked && _isOld;

    /// <summary>Bytes of memory that it has, used or not.</summary>
    public int Capacity => _bytes.Length;

    private int BlockStart => _methodLength + _targetLength;

    /// <summary>Takes the request line, without its end. A head begins.</summary>
    public HeadFault TakeRequestLine(Span<byte> line)
    {
        Begin();
        int method = line.IndexOfAnyExcept(HeadBytes.Token);
        if (method < 1 || line[method] != ' ')
        {
            return HeadFault.Line;
        }

        if (method > LongestMethod)
        {
            return HeadFault.Method;
        }

        Span<byte> target = line[(method + 1)..];
        int end = target.IndexOfAnyExcept(HeadBytes.Target);
        if (end < 1 || target[end] != ' ' || !IsVersion(target[(end + 1)..]))
        {
            return HeadFault.Line;
        }

        if (!TryReserve(method + end))
        {
            return HeadFault.TooLarge;
        }

        line[..method].CopyTo(_bytes);
        target[..end].CopyTo(_bytes.AsSpan(method));
        _methodLength = method;
        _targetLength = end;
        _count = method + end;
        _isOld = target[end + 6] == '1' && target[end + 8] == '0';
        return _isOld || target[0] != '/' || target[end + 8] != '1' || target[..end].IndexOf("%00"u8) >= 0
            ? AlterLine(line[..method], target, end)
            : HeadFault.None;
    }

    /// <summary>Takes a field line, without its end. What no field may have is looked for in all of them at once, by the caller.</summary>
    public HeadFault TakeField(Span<byte> line)
    {
        if (line.Length > longestField || !TryReserve(line.Length + 1))
        {
            return HeadFault.TooLarge;
        }

        Span<byte> name = _bytes.AsSpan(_count, line.Length);
        int colon = HeadBytes.CopyToken(line, name);
        if (colon == 0 || colon == line.Length || line[colon] != ':')
        {
            return HeadFault.Field;
        }

        Span<byte> value = HeadBytes.Trim(line[(colon + 1)..]);
        name = name[..colon];
        _count += colon;
        _bytes[_count++] = 0;
        HasDoubtfulNames |= DoubtfulNames.Has(name);
        switch (colon)
        {
            case 4 when name.SequenceEqual("host"u8):
                return TakeHost(value);
            case 12 when name.SequenceEqual("content-type"u8):
                // RFC 9110, section 8.3: who takes the first and who takes the last see different bodies.
                if (_hasType)
                {
                    return HeadFault.Field;
                }

                _hasType = true;
                break;
            case 14 when name.SequenceEqual("content-length"u8) && !TryTakeLength(value):
                return HeadFault.Length;
            case 17 when name.SequenceEqual("transfer-encoding"u8):
                return TakeCoding(value);
        }

        Append(value);
        return HeadFault.None;
    }

    /// <summary>The head is complete.</summary>
    public HeadFault End()
    {
        if (_isAbsolute && !_hasHost)
        {
            if (!TryReserve(_authorityLength + 6))
            {
                return HeadFault.TooLarge;
            }

            "host\0"u8.CopyTo(_bytes.AsSpan(_count));
            _count += 5;
            Append(_bytes.AsSpan(_authorityStart, _authorityLength));
        }

        if (IsChunked && _hasLength)
        {
            RemoveLength();
        }

        return HeadFault.None;
    }

    /// <summary>Forgets it, and gives its memory back.</summary>
    public void Clear()
    {
        if (_bytes.Length > 0)
        {
            BufferPool.Return(_bytes);
            _bytes = [];
        }

        _count = 0;
        _methodLength = 0;
        _targetLength = 0;
    }

    private static bool IsVersion(ReadOnlySpan<byte> version)
        => version.Length == 8 && version.StartsWith("HTTP/"u8) && version[6] == '.'
            && char.IsAsciiDigit((char)version[5]) && char.IsAsciiDigit((char)version[7]);

    private void Begin()
    {
        _count = 0;
        _methodLength = 0;
        _targetLength = 0;
        _isOld = false;
        _hasHost = false;
        _hasLength = false;
        _hasType = false;
        _isAbsolute = false;
        IsAltered = false;
        IsLineAltered = false;
        IsChunked = false;
        HasDoubtfulNames = false;
        ContentLength = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HeadFault AlterLine(Span<byte> method, Span<byte> target, int end)
    {
        // RFC 9110, section 2.5: a minor version that is not known is the highest that is.
        if (target[end + 6] == '1' && target[end + 8] > '1')
        {
            target[end + 8] = (byte)'1';
            IsAltered = true;
        }

        // RFC 9112, section 6.3: no length is no body. Kestrel refuses it of these two alone, and only in HTTP/1.0.
        if (_isOld && (method.SequenceEqual("POST"u8) || method.SequenceEqual("PUT"u8)))
        {
            method[^1] |= 0x20;
            IsAltered = IsLineAltered = true;
        }

        // What an escaped NUL means in a path is for the application to say. Kestrel decodes it for the log alone.
        Span<byte> rest = target[..end];
        for (int nul = rest.IndexOf("%00"u8); nul >= 0; nul = rest.IndexOf("%00"u8))
        {
            rest[nul + 2] = (byte)'1';
            rest = rest[(nul + 3)..];
            IsAltered = IsLineAltered = true;
        }

        // RFC 9112, section 3.2: a host alone is for CONNECT, an asterisk is no path, and all else begins with a slash.
        return TryReadScheme(target[..end], out int authority) ? TakeAbsolute(target[..end], authority)
            : target[0] == '/' || (end == 1 && target[0] == '*') || method.SequenceEqual("CONNECT"u8) ? HeadFault.None
            : HeadFault.Line;
    }

    private static bool TryReadScheme(ReadOnlySpan<byte> target, out int authority)
    {
        authority = target.IndexOf("://"u8) + 3;
        return authority is 7 or 8 && (Ascii.EqualsIgnoreCase(target[..4], "http"u8) && (authority == 7 || (target[4] | 0x20) == 's'));
    }

    // RFC 9112, section 3.2.2: an origin server takes it as it takes the origin form, and Host from it.
    private HeadFault TakeAbsolute(Span<byte> target, int authority)
    {
        int length = target[authority..].IndexOfAny((byte)'/', (byte)'?');
        length = length < 0 ? target.Length - authority : length;
        ReadOnlySpan<byte> host = target.Slice(authority, length);
        if (host.IsEmpty || !HostRules.IsValid(host, takesPath: false))
        {
            return HeadFault.Host;
        }

        _isAbsolute = true;
        _authorityStart = _methodLength + authority;
        _authorityLength = length;
        Span<byte> path = target[(authority + length)..];
        int slash = path.IsEmpty || path[0] == '?' ? 1 : 0;
        path.CopyTo(target[slash..]);
        target[0] = (byte)'/';
        target[(path.Length + slash)..].Fill((byte)' ');
        IsAltered = IsLineAltered = true;
        return HeadFault.None;
    }

    private HeadFault TakeHost(Span<byte> value)
    {
        bool isFirst = !_hasHost;
        _hasHost = true;
        if (!_isAbsolute && HostRules.IsPlain(value))
        {
            Append(value);
            return HeadFault.None;
        }

        // Two of them are for Kestrel to refuse.
        if (!_isAbsolute && !HostRules.IsValid(value, takesPathAsHost))
        {
            return HeadFault.Host;
        }

        if (!_isAbsolute)
        {
            Append(value);
        }
        else if (TryReserve(_authorityLength + 1))
        {
            Append(isFirst ? _bytes.AsSpan(_authorityStart, _authorityLength) : value);
        }
        else
        {
            return HeadFault.TooLarge;
        }

        value.Fill((byte)'h');
        IsAltered = true;
        return HeadFault.None;
    }

    private bool TryTakeLength(ReadOnlySpan<byte> value)
    {
        bool isFirst = !_hasLength;
        _hasLength = true;
        bool isNumber = HeadBytes.TryReadLength(value, out long length);
        ContentLength = length;
        return isNumber && isFirst;
    }

    // RFC 9112, section 6.3: where chunked is not the last coding the end of the body cannot be known at all.
    private HeadFault TakeCoding(ReadOnlySpan<byte> value)
    {
        bool isAlone = !IsChunked;
        IsChunked = true;
        Append(value);
        int last = value.LastIndexOf((byte)',') + 1;
        return !Ascii.EqualsIgnoreCase(value[last..].Trim(" \t"u8), "chunked"u8) ? HeadFault.Field
            : last > 0 || !isAlone ? HeadFault.Coding
            : HeadFault.None;
    }

    // RFC 9112, section 6.3: Transfer-Encoding overrides it, and whoever forwards the message removes it.
    private void RemoveLength()
    {
        ReadOnlySpan<byte> name = "content-length\0"u8;
        int start = BlockStart;
        while (!_bytes.AsSpan(start, _count - start).StartsWith(name))
        {
            start += _bytes.AsSpan(start).IndexOf((byte)0) + 1;
            start += _bytes.AsSpan(start).IndexOf((byte)0) + 1;
        }

        int end = start + name.Length;
        end += _bytes.AsSpan(end).IndexOf((byte)0) + 1;
        _bytes.AsSpan(end, _count - end).CopyTo(_bytes.AsSpan(start));
        _count -= end - start;
    }

    private void Append(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes.AsSpan(_count));
        _count += value.Length;
        _bytes[_count++] = 0;
    }

    private bool TryReserve(int size)
    {
        if (_bytes.Length - _count >= size)
        {
            return true;
        }

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
