using System.Text;
using Hydra.Protocol;

namespace Hydra.Tests.Http.Fakes;

/// <summary>Header blocks of the link protocol as lists of names and values, and the other way round. Latin-1.</summary>
internal static class HeaderLists
{
    /// <summary>The block that has these headers.</summary>
    public static byte[] Block(params IEnumerable<(string Name, string Value)> headers)
        => Encoding.Latin1.GetBytes(string.Join('\0', headers.Select(header => $"{header.Name}\0{header.Value}")));

    /// <summary>The headers of a block.</summary>
    public static List<(string Name, string Value)> Read(ReadOnlySpan<byte> block)
    {
        List<(string, string)> headers = [];
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(block))
        {
            headers.Add((Encoding.Latin1.GetString(name), Encoding.Latin1.GetString(value)));
        }

        return headers;
    }
}
