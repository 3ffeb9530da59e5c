using System.Text;
using Hydra.Redis;
using Xunit;

namespace Hydra.Tests.Redis;

public sealed class RespReaderTests
{
    [Theory]
    [InlineData("+OK\r\n", "+OK")]
    [InlineData("-ERR no\r\n", "-ERR no")]
    [InlineData(":-12\r\n", ":-12")]
    [InlineData("$5\r\nhe\r\no\r\n", "$he\r\no")]
    [InlineData("$0\r\n\r\n", "$")]
    [InlineData("$-1\r\n", "_")]
    [InlineData("*-1\r\n", "_")]
    [InlineData("*0\r\n", "[]")]
    [InlineData("*2\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n:3\r\n", "[:1 [$a []]]|:3")]
    [InlineData("*3\r\n$7\r\nmessage\r\n$1\r\nt\r\n$2\r\nhi\r\n", "[$message $t $hi]")]
    public void Answer_CutAnywhere_IsTheSame(string text, string expected)
    {
        byte[] data = Encoding.Latin1.GetBytes(text);
        for (int first = 0; first <= data.Length; first++)
        {
            for (int second = first; second <= data.Length; second++)
            {
                var reader = new RespReader();
                List<string> got = [];
                Assert.Null(reader.Read(data.AsSpan(0, first), value => got.Add(Write(value))));
                Assert.Null(reader.Read(data.AsSpan(first, second - first), value => got.Add(Write(value))));
                Assert.Null(reader.Read(data.AsSpan(second), value => got.Add(Write(value))));

                Assert.Equal(expected, string.Join('|', got));
            }
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    [InlineData("\r\n")]
    [InlineData("+OK\n")]
    [InlineData(":x\r\n")]
    [InlineData(":99999999999999999999\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$99999999999\r\n")]
    [InlineData("*99999999999\r\n")]
    [InlineData("$1\r\nab\r\n")]
    [InlineData("$1\r\na\n\r")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    [InlineData("%1\r\n+a\r\n:1\r\n")]
    public void Answer_ThatIsNone_IsRefused(string text) => Assert.NotNull(new RespReader().Read(Encoding.Latin1.GetBytes(text), static _ => { }));

    [Fact]
    public void Line_WithoutEnd_IsRefused()
    {
        var reader = new RespReader();
        byte[] part = Encoding.Latin1.GetBytes(new string('+', 1000));
        int count = 0;
        while (reader.Read(part, static _ => { }) is null)
        {
            Assert.True(++count < 100);
        }
    }

    [Fact]
    public void Claim_OfMuch_TakesLittleUntilItComes()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(new RespReader().Read("*4000000\r\n$60000000\r\nabc"u8, static _ => { }));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 200_000);
    }

    [Fact]
    public void Bytes_OfEverySize_ComeWhole()
    {
        byte[] data = new byte[300_000];
        new Random(5).NextBytes(data);
        byte[] sent = [.. Encoding.ASCII.GetBytes($"${data.Length}\r\n"), .. data, 13, 10];
        var reader = new RespReader();
        byte[]? got = null;
        foreach (byte[] part in sent.Chunk(7001))
        {
            Assert.Null(reader.Read(part, value => got = value.Bytes));
        }

        Assert.Equal(data, got);
    }

    // What comes from outside never costs more than a refusal.
    [Fact]
    public void Noise_IsTakenOrRefused()
    {
        var random = new Random(20);
        byte[] alphabet = "+-:$*0123456789\r\n\r\n\r\nab"u8.ToArray();
        for (int run = 0; run < 20_000; run++)
        {
            byte[] data = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(20) == 0 ? (byte)random.Next(256) : alphabet[random.Next(alphabet.Length)])];
            var whole = new RespReader();
            List<string> atOnce = [];
            string? broken = whole.Read(data, value => atOnce.Add(Write(value)));
            var cut = new RespReader();
            List<string> bySingle = [];
            string? same = null;
            for (int i = 0; i < data.Length && same is null; i++)
            {
                same = cut.Read(data.AsSpan(i, 1), value => bySingle.Add(Write(value)));
            }

            Assert.Equal(broken is null, same is null);
            Assert.Equal(atOnce, bySingle);
        }
    }

    [Fact]
    public void Command_IsReadAsItWasWritten()
    {
        string text = "";
        Assert.Null(new RespReader().Read(RespWriter.Command("SET", "", "é\r\n"), value => text = Write(value)));

        Assert.Equal("[$SET $ $é\r\n]", text);
    }

    private static string Write(RespValue value) => value.Kind switch
    {
        RespKind.Null => "_",
        RespKind.Word => "+" + value.Text,
        RespKind.Error => "-" + value.Text,
        RespKind.Number => $":{value.Number}",
        RespKind.Bytes => "$" + value.Text,
        _ => $"[{string.Join(' ', value.Items!.Select(Write))}]",
    };
}
