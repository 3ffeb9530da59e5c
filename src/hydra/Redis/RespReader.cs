using System.Globalization;
using Hydra.Protocol;

namespace Hydra.Redis;

/// <summary>
/// Takes the answers of a server apart (RESP2), wherever they are cut: it takes over all bytes that it is given. What it holds is bounded, also where a server claims
/// much and sends little. One thread at a time.
/// </summary>
internal sealed class RespReader
{
    // A value of the largest size with what belongs to it.
    private const int MostBytes = ProtocolLimits.MaxStateValue + (1024 * 1024);
    private const int MostLine = 64 * 1024;
    private const int MostDepth = 8;

    // Values of one answer.
    private const int MostValues = 4 * 1024 * 1024;
    private const int FirstRoom = 16 * 1024;

    private readonly Stack<(RespValue[] Items, int Count, int Size)> _arrays = new();
    private byte[] _line = [];
    private int _lineLength;
    private byte[]? _bytes;
    private int _filled;
    private int _size;
    private int _values;

    /// <summary>Takes what has come.</summary>
    /// <param name="data">Bytes.</param>
    /// <param name="take">Gets each answer that is whole.</param>
    /// <returns>Null, or the rule that the server has broken; nothing may follow then.</returns>
    public string? Read(ReadOnlySpan<byte> data, Action<RespValue> take)
    {
        while (data.Length > 0)
        {
            if (_bytes is not null)
            {
                if (ReadBytes(ref data, take) is { } broken)
                {
                    return broken;
                }

                continue;
            }

            int end = data.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? data : data[..(end + 1)];
            if (_lineLength + part.Length > MostLine)
            {
                return "a line has more than 64 KiB";
            }

            data = data[part.Length..];
            if (end < 0)
            {
                Keep(part);
                return null;
            }

            if (_lineLength > 0)
            {
                Keep(part);
                part = _line.AsSpan(0, _lineLength);
            }

            _lineLength = 0;
            if (part.Length < 3 || part[^2] != '\r')
            {
                return "a line is empty, or does not end as lines do";
            }

            if (ReadLine(part[..^2], take) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_line.Length < _lineLength + part.Length)
        {
            Array.Resize(ref _line, Math.Max(_line.Length * 2, _lineLength + part.Length));
        }

        part.CopyTo(_line.AsSpan(_lineLength));
        _lineLength += part.Length;
    }

    private string? ReadLine(ReadOnlySpan<byte> line, Action<RespValue> take)
    {
        if (++_values > MostValues)
        {
            return "an answer has more values than there may be";
        }

        ReadOnlySpan<byte> text = line[1..];
        switch (line[0])
        {
            case (byte)'+':
                return Add(new RespValue(RespKind.Word, 0, text.ToArray()), take);
            case (byte)'-':
                return Add(new RespValue(RespKind.Error, 0, text.ToArray()), take);
            case (byte)':' when TryNumber(text, out long number):
                return Add(new RespValue(RespKind.Number, number), take);
            case (byte)'$' when TryNumber(text, out long size) && size is >= -1 and <= MostBytes:
                if (size < 0)
                {
                    return Add(default, take);
                }

                _size = (int)size;
                _filled = 0;
                _bytes = size == 0 ? [] : new byte[Math.Min(_size, FirstRoom)];
                return null;
            case (byte)'*' when TryNumber(text, out long count) && count is >= -1 and <= MostValues:
                if (count <= 0)
                {
                    return Add(count < 0 ? default : new RespValue(RespKind.Array, Items: []), take);
                }

                if (_arrays.Count == MostDepth)
                {
                    return "an answer has more arrays in each other than there may be";
                }

                _arrays.Push((new RespValue[Math.Min((int)count, 64)], 0, (int)count));
                return null;
            default:
                return "a line begins as none does";
        }
    }

    // The bytes, and the end of line behind them.
    private string? ReadBytes(ref ReadOnlySpan<byte> data, Action<RespValue> take)
    {
        int wanted = Math.Min(_size - Math.Min(_filled, _size), data.Length);
        while (wanted > 0)
        {
            if (_filled == _bytes!.Length)
            {
                Array.Resize(ref _bytes, (int)Math.Min(_size, _bytes.Length * 2L));
            }

            int some = Math.Min(wanted, _bytes.Length - _filled);
            data[..some].CopyTo(_bytes.AsSpan(_filled));
            data = data[some..];
            _filled += some;
            wanted -= some;
        }

        while (data.Length > 0 && _filled >= _size)
        {
            if (data[0] != (_filled == _size ? '\r' : '\n'))
            {
                return "bytes do not end where they said";
            }

            data = data[1..];
            if (++_filled == _size + 2)
            {
                byte[] whole = _bytes!;
                _bytes = null;
                return Add(new RespValue(RespKind.Bytes, 0, whole), take);
            }
        }

        return null;
    }

    private string? Add(RespValue value, Action<RespValue> take)
    {
        while (_arrays.TryPop(out (RespValue[] Items, int Count, int Size) array))
        {
            if (array.Count == array.Items.Length)
            {
                Array.Resize(ref array.Items, (int)Math.Min(array.Size, array.Items.Length * 2L));
            }

            array.Items[array.Count++] = value;
            if (array.Count < array.Size)
            {
                _arrays.Push(array);
                return null;
            }

            value = new RespValue(RespKind.Array, Items: array.Items);
        }

        _values = 0;
        take(value);
        return null;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
