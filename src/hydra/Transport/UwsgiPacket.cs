using System.Buffers.Binary;

namespace Hydra.Transport;

/// <summary>
/// The packet that a request of the uwsgi protocol begins with: four bytes of header, then variables, each a name and a value with their lengths in
/// two bytes, little end first (uWSGI's documentation, "The uwsgi (lowercase!) protocol"). The body follows as it is.
/// </summary>
internal static class UwsgiPacket
{
    /// <summary>Bytes of the header: modifier1, the size of the variables in two bytes, modifier2.</summary>
    public const int HeaderSize = 4;

    /// <summary>The most bytes that a packet can have.</summary>
    public const int MostBytes = HeaderSize + ushort.MaxValue;

    // Requests of Python: of the second PATH_INFO has SCRIPT_NAME in front of it.
    private const byte Request = 0;
    private const byte WholePath = 30;

    /// <summary>Finds the end of the packet.</summary>
    /// <param name="bytes">What the connection begins with: the header, or what there is of it.</param>
    /// <param name="available">Bytes that have come.</param>
    /// <param name="length">Bytes of the packet, once the header is there.</param>
    public static UwsgiStatus Read(ReadOnlySpan<byte> bytes, long available, out int length)
    {
        length = 0;
        if (bytes.IsEmpty)
        {
            return UwsgiStatus.Incomplete;
        }

        if (bytes[0] is not Request and not WholePath)
        {
            // A modifier of 65 to 90 is of a language that nobody has: it is the first letter of a method.
            return bytes[0] is >= (byte)'A' and <= (byte)'Z' ? UwsgiStatus.Http : UwsgiStatus.Modifier;
        }

        if (bytes.Length < HeaderSize)
        {
            return UwsgiStatus.Incomplete;
        }

        if (bytes[3] != 0)
        {
            return UwsgiStatus.Modifier;
        }

        length = HeaderSize + BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]);
        return available < length ? UwsgiStatus.Incomplete : UwsgiStatus.Complete;
    }

    /// <summary>Whether the packet's PATH_INFO has SCRIPT_NAME in front of it, whatever it looks like.</summary>
    public static bool HasWholePath(ReadOnlySpan<byte> packet) => packet[0] == WholePath;

    /// <summary>Takes the next variable.</summary>
    /// <param name="rest">The variables that are left; what was taken is cut off.</param>
    /// <param name="name">Its name, of one byte or more.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False where the lengths do not add up.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        return TryTakePart(ref rest, out name) && !name.IsEmpty && TryTakePart(ref rest, out value);
    }

    private static bool TryTakePart(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> part)
    {
        part = default;
        if (rest.Length < 2)
        {
            return false;
        }

        int size = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        if (rest.Length - 2 < size)
        {
            return false;
        }

        part = rest.Slice(2, size);
        rest = rest[(2 + size)..];
        return true;
    }
}

/// <summary>How far a <see cref="UwsgiPacket"/> has come.</summary>
internal enum UwsgiStatus
{
    /// <summary>More bytes decide.</summary>
    Incomplete,

    /// <summary>It is here.</summary>
    Complete,

    /// <summary>It is for something other than a request of Python: a modifier that is not known.</summary>
    Modifier,

    /// <summary>It begins as a request of HTTP does.</summary>
    Http,
}
