using System.Text;

namespace Hydra.Bridge;

/// <summary>The fields that concern a connection alone, and are not passed on (RFC 9110, section 7.6.1): those known, and those that Connection names.</summary>
internal sealed class HopFields
{
    private List<string>? _nominated;

    /// <summary>Takes in the value of a Connection field.</summary>
    public void Nominate(ReadOnlySpan<byte> value)
    {
        foreach (Range part in value.Split((byte)','))
        {
            ReadOnlySpan<byte> option = value[part].Trim(" \t"u8);

            // Who lists what is meant for the end takes nothing away from it.
            if (!option.IsEmpty && !IsForTheEnd(option))
            {
                (_nominated ??= []).Add(Encoding.Latin1.GetString(option));
            }
        }
    }

    /// <summary>Whether a field is one of them.</summary>
    public bool Has(ReadOnlySpan<byte> name)
        => IsKnown(name) || (_nominated is not null && IsNominated(name));

    /// <summary>Whether a list has this element.</summary>
    public static bool Lists(ReadOnlySpan<byte> value, ReadOnlySpan<byte> element)
    {
        foreach (Range part in value.Split((byte)','))
        {
            if (Ascii.EqualsIgnoreCase(value[part].Trim(" \t"u8), element))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsKnown(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => Ascii.EqualsIgnoreCase(name, "te"u8),
        7 => Ascii.EqualsIgnoreCase(name, "upgrade"u8) || Ascii.EqualsIgnoreCase(name, "trailer"u8),
        10 => Ascii.EqualsIgnoreCase(name, "connection"u8) || Ascii.EqualsIgnoreCase(name, "keep-alive"u8),
        16 => Ascii.EqualsIgnoreCase(name, "proxy-connection"u8),
        17 => Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8),
        _ => false,
    };

    private static bool IsForTheEnd(ReadOnlySpan<byte> name)
        => Ascii.EqualsIgnoreCase(name, "host"u8) || Ascii.EqualsIgnoreCase(name, "content-length"u8) || Ascii.EqualsIgnoreCase(name, "content-type"u8)
            || Ascii.EqualsIgnoreCase(name, "authorization"u8) || Ascii.EqualsIgnoreCase(name, "cookie"u8) || Ascii.EqualsIgnoreCase(name, "set-cookie"u8)
            || Ascii.EqualsIgnoreCase(name, "x-forwarded-for"u8) || Ascii.EqualsIgnoreCase(name, "x-forwarded-proto"u8) || Ascii.EqualsIgnoreCase(name, "x-forwarded-host"u8);

    private bool IsNominated(ReadOnlySpan<byte> name)
    {
        foreach (string option in _nominated!)
        {
            if (Ascii.EqualsIgnoreCase(name, option))
            {
                return true;
            }
        }

        return false;
    }
}
