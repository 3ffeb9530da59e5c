using System.Globalization;
using System.Text;

namespace Hydra.Redis;

/// <summary>What a value of the protocol is.</summary>
internal enum RespKind : byte
{
    /// <summary>Nothing.</summary>
    Null,

    /// <summary>A word, as OK.</summary>
    Word,

    /// <summary>A sentence about what went wrong.</summary>
    Error,

    /// <summary>A number.</summary>
    Number,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>Several values.</summary>
    Array,
}

/// <summary>A value, as a server answers it (RESP2).</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Number">The number.</param>
/// <param name="Bytes">The bytes, or those of the word or sentence.</param>
/// <param name="Items">The values of an array.</param>
internal readonly record struct RespValue(RespKind Kind, long Number = 0, byte[]? Bytes = null, RespValue[]? Items = null)
{
    /// <summary>How many values an array has.</summary>
    public int Count => Items?.Length ?? 0;

    /// <summary>A value of an array; nothing where it has not so many.</summary>
    public RespValue this[int index] => index < Count ? Items![index] : default;

    /// <summary>The text of a word, sentence or of bytes; empty for other values.</summary>
    public string Text => Bytes is null ? "" : Encoding.UTF8.GetString(Bytes);

    /// <summary>The number, also where it is written in bytes; 0 where it is none.</summary>
    public long AsNumber => Kind is RespKind.Number ? Number
        : Bytes is not null && long.TryParse(Bytes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
