using System.Text;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>The framing of chunked bodies, whole and cut into every two pieces.</summary>
public sealed class ChunkFramingTests
{
    [Theory]
    [InlineData("0\r\n\r\n")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a=\"b\tc\u00e4\";d\r\nhello\r\nA\r\n0123456789\r\n000\r\n\r\n")]
    [InlineData("5 ; a = b\r\nhello\r\n0 \t;b\r\n\r\n")]
    [InlineData("1\r\n\n\r\n0\r\nX-Trailer: a\tb\r\nY:\r\n\r\n")]
    public void TryTake_Body_EndsWhereItEnds(string body)
    {
        byte[] whole = Encoding.Latin1.GetBytes(body + "GET /");
        for (int cut = 0; cut <= whole.Length; cut++)
        {
            byte[] bytes = [.. whole];
            var framing = default(ChunkFraming);
            Assert.True(framing.TryTake(bytes.AsSpan(0, cut), out int first));
            Assert.Equal(cut >= body.Length, framing.IsDone);
            Assert.True(framing.TryTake(bytes.AsSpan(first), out int second));
            Assert.True(framing.IsDone);
            Assert.Equal(body.Length, first + second);
        }
    }

    [Theory]
    [InlineData("80000000\r\n", true)]
    [InlineData("ffffffffffffffff\r\n", true)]
    [InlineData("0080000000;a\r\n", true)]
    [InlineData("7fffffff\r\n", null)]
    [InlineData("007FFFFFFF;a\r\n", null)]
    [InlineData("7fffffffg\r\n", false)]
    [InlineData("0000000000000001\r\n", false)]
    public void TryTake_LargeChunk_IsToldFromABrokenOne(string size, bool? isTooLarge)
    {
        byte[] whole = Encoding.ASCII.GetBytes(size);
        for (int cut = 0; cut <= whole.Length; cut++)
        {
            byte[] bytes = [.. whole];
            var framing = default(ChunkFraming);
            bool isTaken = framing.TryTake(bytes.AsSpan(0, cut), out int first) && framing.TryTake(bytes.AsSpan(first), out _);

            Assert.Equal(isTooLarge is null, isTaken);
            Assert.Equal(isTooLarge is true, framing.IsTooLarge);
        }
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("x\r\n")]
    [InlineData("+1\r\n")]
    [InlineData(" 1\r\n")]
    [InlineData("1 \r\n")]
    [InlineData("1 a\r\n")]
    [InlineData("1\t\r\n")]
    [InlineData("0x1\r\n")]
    [InlineData("1\n")]
    [InlineData("1\ra")]
    [InlineData("1000000000000000\r\n")]
    [InlineData("1;a\0b\r\n")]
    [InlineData("1;a\u007f\r\n")]
    [InlineData("1;a\nb\r\n")]
    [InlineData("1\r\naX")]
    [InlineData("1\r\na\n")]
    [InlineData("1\r\na\rX")]
    [InlineData("0\r\n\n")]
    [InlineData("0\r\n\rX")]
    [InlineData("0\r\n: b\r\n\r\n")]
    [InlineData("0\r\nno colon\r\n\r\n")]
    [InlineData("0\r\nA: b\0\r\n\r\n")]
    [InlineData("0\r\nA: b\n\r\n")]
    [InlineData("0\r\nA: b\rc\r\n\r\n")]
    [InlineData("0\r\nA: b\r\n folded\r\n\r\n")]
    [InlineData("0\r\n[A]: b\r\n\r\n")]
    public void TryTake_BrokenBody_IsRefused(string body)
    {
        byte[] whole = Encoding.Latin1.GetBytes(body);
        for (int cut = 0; cut <= whole.Length; cut++)
        {
            var framing = default(ChunkFraming);
            byte[] bytes = [.. whole];
            Assert.False(framing.TryTake(bytes.AsSpan(0, cut), out _) && framing.TryTake(bytes.AsSpan(cut), out _));
        }
    }
}
