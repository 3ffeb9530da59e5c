using System.Buffers;
using System.Security.Cryptography;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="MessageDeflate"/> and <see cref="MessageInflater"/>, which undoes it.</summary>
public sealed class MessageDeflateTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(300_000)]
    public void Compress_AnyBytes_ComeBack(int length)
    {
        foreach (byte[] data in new[] { new byte[length], RandomNumberGenerator.GetBytes(length) })
        {
            byte[] packed = MessageDeflate.Compress(data, isLast: true, out int size);

            Assert.Equal(data, Inflate(packed.AsSpan(0, size).ToArray(), length));
        }
    }

    [Fact]
    public void Compress_Parts_FollowEachOther()
    {
        List<byte> all = [];
        foreach ((string text, bool isLast) in new[] { ("one ", false), ("", false), ("two", false), ("", true) })
        {
            byte[] packed = MessageDeflate.Compress(System.Text.Encoding.UTF8.GetBytes(text), isLast, out int size);
            all.AddRange(packed.AsSpan(0, size));
        }

        Assert.Equal("one two"u8, Inflate([.. all], 7));
    }

    [Fact]
    public void Read_FedByteByByte_GoesOn()
    {
        byte[] packed = MessageDeflate.Compress("a text that has something of a text"u8, isLast: true, out int size);
        using var inflater = new MessageInflater();
        var text = new List<byte>();
        byte[] buffer = new byte[10];
        for (int i = 0; i < size; i++)
        {
            inflater.Feed(new ReadOnlySequence<byte>(packed, i, 1), isLast: i == size - 1);
            int count;
            do
            {
                count = inflater.Read(buffer);
                text.AddRange(buffer[..count]);
            }
            while (count == buffer.Length);
        }

        Assert.Equal("a text that has something of a text"u8, text.ToArray());
    }

    private static byte[] Inflate(byte[] packed, int length)
    {
        using var inflater = new MessageInflater();
        inflater.Feed(new ReadOnlySequence<byte>(packed), isLast: true);
        byte[] data = new byte[length + 1];
        Assert.Equal(length, inflater.Read(data));
        return data[..length];
    }
}
