namespace Hydra.Protocol.Generator;

/// <summary>The frame header, which is the same for all messages: length, type, flags, two zero bytes, stream.</summary>
internal static class HeaderFormat
{
    public const int Size = 16;

    /// <summary>In the language of Python's struct module.</summary>
    public const string Struct = "<IBBHQ";
}
