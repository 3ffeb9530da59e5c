using System.Buffers.Binary;
using Hydra.Topics;

namespace Hydra.Redis;

/// <summary>Who is in a topic, at all fronts together.</summary>
internal static class RedisMembers
{
    /// <summary>For PRESENCE: of each the lengths of name (u16) and info (u32), its subscriptions (u32), name and info.</summary>
    /// <param name="said">Names, and of each how many connections it has at a front and what is known: <c>2|{"colour":"red"}</c>.</param>
    public static byte[] List(RespValue said)
    {
        Dictionary<byte[], (int Count, byte[] Info)> all = new(BytesComparer.Instance);
        for (int i = 0; i + 1 < said.Count; i += 2)
        {
            byte[] name = said[i].Bytes ?? [];
            ReadOnlySpan<byte> value = said[i + 1].Bytes;
            int bar = value.IndexOf((byte)'|');
            if (name.Length is 0 or > ushort.MaxValue || bar < 1 || !int.TryParse(value[..bar], out int count))
            {
                continue;
            }

            (int before, byte[] info) = all.GetValueOrDefault(name, (0, value[(bar + 1)..].ToArray()));
            all[name] = (before + count, info);
        }

        var list = new List<byte>();
        Span<byte> head = stackalloc byte[10];
        foreach ((byte[] name, (int count, byte[] info)) in all)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(head, (ushort)name.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[2..], info.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[6..], count);
            list.AddRange(head);
            list.AddRange(name);
            list.AddRange(info);
        }

        return [.. list];
    }
}
