using System.Buffers;

namespace Hydra.Protocol;

/// <summary>What is wrong with a header block.</summary>
internal enum HeaderBlockError
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The last name has no value.</summary>
    OddParts,

    /// <summary>A name is empty.</summary>
    EmptyName,

    /// <summary>A name has a byte that no HTTP token has.</summary>
    NameNotToken,

    /// <summary>
    /// A value has a control character other than a tab (RFC 9110, section 5.5). A NUL in a value cannot be told from its end.
    /// </summary>
    ControlInValue,
}

/// <summary>One header of a <see cref="HeaderBlock"/>; both spans point into the block.</summary>
internal readonly ref struct HeaderField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    /// <summary>The name, as the sender wrote it.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The value, which may be empty.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    /// <summary>Lets a loop say <c>foreach (var (name, value) in new HeaderBlock(bytes))</c>.</summary>
    public void Deconstruct(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = Name;
        value = Value;
    }
}

/// <summary>
/// Walks over a block of <c>name NUL value NUL name NUL value …</c>, without a NUL at the end. It is its own enumerator and
/// checks nothing: a last name without a value is left out. Call <see cref="Validate"/> first on what comes from a worker.
/// </summary>
internal ref struct HeaderBlock(ReadOnlySpan<byte> block)
{
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Where(b => b != '\t').Select(b => (byte)b), 0x7f]);

    private ReadOnlySpan<byte> _rest = block;

    /// <summary>Whether a part begins at <see cref="_rest"/>; after a NUL there is one even when nothing follows.</summary>
    private bool _hasPart = block.Length > 0;

    /// <summary>The header at which the walk stands.</summary>
    public HeaderField Current { get; private set; }

    /// <summary>Whether it is a token (RFC 9110, section 5.6.2).</summary>
    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenBytes);

    /// <summary>Whether it has a control character other than a tab (RFC 9110, section 5.5).</summary>
    public static bool HasControls(ReadOnlySpan<byte> value) => value.ContainsAny(ControlBytes);

    /// <summary>
    /// Checks a block. <paramref name="index"/> is the position of the first header that breaks a rule, counted from 0; without
    /// an error it is the number of headers.
    /// </summary>
    internal static HeaderBlockError Validate(ReadOnlySpan<byte> block, out int index)
    {
        index = 0;
        var headers = new HeaderBlock(block);
        while (headers.MoveNext())
        {
            ReadOnlySpan<byte> name = headers.Current.Name;
            if (name.IsEmpty)
            {
                return HeaderBlockError.EmptyName;
            }

            if (name.ContainsAnyExcept(TokenBytes))
            {
                return HeaderBlockError.NameNotToken;
            }

            if (headers.Current.Value.ContainsAny(ControlBytes))
            {
                return HeaderBlockError.ControlInValue;
            }

            index++;
        }

        return headers._hasPart ? HeaderBlockError.OddParts : HeaderBlockError.None;
    }

    /// <summary>So that foreach takes it.</summary>
    public readonly HeaderBlock GetEnumerator() => this;

    /// <summary>Goes to the next header; false at the end.</summary>
    public bool MoveNext()
    {
        int nameEnd = _rest.IndexOf((byte)0);
        if (nameEnd < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> name = _rest[..nameEnd];
        ReadOnlySpan<byte> value = _rest[(nameEnd + 1)..];
        int valueEnd = value.IndexOf((byte)0);
        if (valueEnd < 0)
        {
            _rest = default;
            _hasPart = false;
        }
        else
        {
            _rest = value[(valueEnd + 1)..];
            value = value[..valueEnd];
        }

        Current = new(name, value);
        return true;
    }
}
