using System.Reflection;
using Hydra.Protocol;

namespace Hydra.Tests.Protocol;

/// <summary>A field of the fixed part: where it stands, and whether it is the length of variable bytes.</summary>
internal sealed record WireLayoutField(string Name, int Offset, int Width, bool IsBytes)
{
    /// <summary>The most that the field can say.</summary>
    public ulong Max => Width == 8 ? ulong.MaxValue : (1UL << (Width * 8)) - 1;
}

/// <summary>A message's layout as docs/protocol.md derives it from the declaration, worked out apart from the generator.</summary>
internal static class WireLayout
{
    public static IReadOnlyList<WireLayoutField> Of(Type message)
    {
        var fields = new List<WireLayoutField>();
        int offset = 0;
        foreach (PropertyInfo property in message.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            WireBytesAttribute? bytes = property.GetCustomAttribute<WireBytesAttribute>();
            int width = bytes is null ? WidthOf(property.PropertyType) : WidthOf(bytes.Length);
            fields.Add(new(property.Name, offset, width, bytes is not null));
            offset += width;
        }

        return fields;
    }

    public static int FixedSize(this IReadOnlyList<WireLayoutField> layout) => layout.Sum(field => field.Width);

    /// <summary>The payload that the values must become.</summary>
    public static byte[] Payload(this IReadOnlyList<WireLayoutField> layout, object[] values)
    {
        var payload = new List<byte>();
        for (int i = 0; i < values.Length; i++)
        {
            ulong number = values[i] is byte[] bytes ? (ulong)bytes.Length : (ulong)values[i];
            for (int shift = 0; shift < layout[i].Width; shift++)
            {
                payload.Add((byte)(number >> (shift * 8)));
            }
        }

        foreach (byte[] bytes in values.OfType<byte[]>())
        {
            payload.AddRange(bytes);
        }

        return [.. payload];
    }

    private static int WidthOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => 1,
        TypeCode.UInt16 => 2,
        TypeCode.UInt32 => 4,
        TypeCode.UInt64 => 8,
        _ => throw new NotSupportedException(type.Name),
    };

    private static int WidthOf(WireLength length) => length switch
    {
        WireLength.U8 => 1,
        WireLength.U16 => 2,
        _ => 4,
    };
}
