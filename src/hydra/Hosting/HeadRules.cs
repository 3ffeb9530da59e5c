using Hydra.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hydra.Hosting;

/// <summary>What the options say about heads, for Kestrel. A single field's length is checked where each line is looked at.</summary>
internal static class HeadRules
{
    // An empty line ends the fields, and its two bytes are none of theirs; of the request line its end counts.
    private const int LineEnd = 2;

    /// <summary>Sets how much of a head Kestrel takes, and how it reads values.</summary>
    public static void Apply(ClientOptions options, KestrelServerOptions kestrel)
    {
        kestrel.Limits.MaxRequestLineSize = options.LimitLine + LineEnd;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.LimitHead;
        kestrel.Limits.MaxRequestHeaderCount = options.LimitFields;
        kestrel.RequestHeaderEncodingSelector = EncodingOf;
        kestrel.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
    }

    // They are bytes to the interfaces of Python; Latin-1 maps each byte to one character and back. Given an encoding for Content-Length,
    // Kestrel would parse it by rules of its own, with signs and white space.
    private static System.Text.Encoding? EncodingOf(string name) => name == "Content-Length" ? null : System.Text.Encoding.Latin1;
}
