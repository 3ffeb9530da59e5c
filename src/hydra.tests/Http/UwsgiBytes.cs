using System.Buffers.Binary;
using System.Text;

namespace Hydra.Tests.Http;

/// <summary>Packets of the uwsgi protocol, as a proxy writes them.</summary>
internal static class UwsgiBytes
{
    /// <summary>A packet.</summary>
    /// <param name="variables">NAME=value each, in Latin-1.</param>
    public static byte[] Packet(params string[] variables) => Packet(0, variables);

    /// <summary>A packet with a modifier.</summary>
    public static byte[] Packet(byte modifier, params string[] variables)
    {
        List<byte> block = [];
        foreach (string variable in variables)
        {
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            Append(block, variable[..equals]);
            Append(block, variable[(equals + 1)..]);
        }

        byte[] header = [modifier, 0, 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(1), (ushort)block.Count);
        return [.. header, .. block];
    }

    /// <summary>What nginx's uwsgi_params come to for a plain request, and more.</summary>
    public static byte[] Get(string uri, params string[] more)
    {
        string path = Uri.UnescapeDataString(uri.Split('?')[0]);
        string query = uri.Contains('?', StringComparison.Ordinal) ? uri[(uri.IndexOf('?', StringComparison.Ordinal) + 1)..] : "";
        return Packet(
        [
            "QUERY_STRING=" + query, "REQUEST_METHOD=GET", "CONTENT_TYPE=", "CONTENT_LENGTH=", "REQUEST_URI=" + uri, "PATH_INFO=" + path,
            "SERVER_PROTOCOL=HTTP/1.1", "REQUEST_SCHEME=http", "REMOTE_ADDR=1.2.3.4", "REMOTE_PORT=4444", "SERVER_PORT=80", "SERVER_NAME=shop.example",
            "HTTP_HOST=shop.example", .. more,
        ]);
    }

    private static void Append(List<byte> block, string text)
    {
        byte[] size = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(size, (ushort)text.Length);
        block.AddRange(size);
        block.AddRange(Encoding.Latin1.GetBytes(text));
    }
}
