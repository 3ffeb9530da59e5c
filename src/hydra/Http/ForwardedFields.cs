using System.Text;
using Hydra.Protocol;

namespace Hydra.Http;

/// <summary>The fields by which proxies tell of their clients, as a request has them: of several lines of one the values with commas between them.</summary>
internal sealed class ForwardedFields
{
    /// <summary>X-Forwarded-For, or null.</summary>
    public string? For { get; private set; }

    /// <summary>X-Forwarded-Proto, or null.</summary>
    public string? Proto { get; private set; }

    /// <summary>X-Forwarded-Host, or null.</summary>
    public string? Host { get; private set; }

    /// <summary>X-Forwarded-Port, or null.</summary>
    public string? Port { get; private set; }

    /// <summary>X-Forwarded-Prefix, or null.</summary>
    public string? Prefix { get; private set; }

    /// <summary>X-Forwarded-Ssl, or null.</summary>
    public string? Ssl { get; private set; }

    /// <summary>X-Forwarded-Protocol, or null.</summary>
    public string? Protocol { get; private set; }

    /// <summary>Forwarded, or null.</summary>
    public string? Forwarded { get; private set; }

    /// <summary>SCRIPT_NAME, or null.</summary>
    public string? ScriptName { get; private set; }

    /// <summary>Reads them from a header block of the link protocol.</summary>
    public static ForwardedFields Read(ReadOnlySpan<byte> block)
    {
        var fields = new ForwardedFields();
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(block))
        {
            fields.Take(name, value);
        }

        return fields;
    }

    private static string Join(string? before, ReadOnlySpan<byte> value)
    {
        string text = Encoding.Latin1.GetString(value);
        return before is null ? text : $"{before},{text}";
    }

    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("forwarded"u8))
        {
            Forwarded = Join(Forwarded, value);
        }
        else if (name.SequenceEqual("script_name"u8))
        {
            ScriptName = Join(ScriptName, value);
        }
        else if (name.StartsWith("x-forwarded-"u8))
        {
            TakeOfProxies(name[12..], value);
        }
    }

    private void TakeOfProxies(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("for"u8))
        {
            For = Join(For, value);
        }
        else if (name.SequenceEqual("proto"u8))
        {
            Proto = Join(Proto, value);
        }
        else if (name.SequenceEqual("host"u8))
        {
            Host = Join(Host, value);
        }
        else if (name.SequenceEqual("port"u8))
        {
            Port = Join(Port, value);
        }
        else if (name.SequenceEqual("prefix"u8))
        {
            Prefix = Join(Prefix, value);
        }
        else if (name.SequenceEqual("ssl"u8))
        {
            Ssl = Join(Ssl, value);
        }
        else if (name.SequenceEqual("protocol"u8))
        {
            Protocol = Join(Protocol, value);
        }
    }
}
