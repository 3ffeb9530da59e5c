using System.Text;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Protocol;

public sealed class HeaderBlockTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a\0b", "a=b")]
    [InlineData("a\0", "a=")]
    [InlineData("a\0\0b\0", "a=", "b=")]
    [InlineData("a\0b\0a\0c", "a=b", "a=c")]
    [InlineData("host\0x:1\0empty\0\0cookie\0k=v; l=w", "host=x:1", "empty=", "cookie=k=v; l=w")]
    [InlineData("a\0b\0dangling", "a=b")]
    [InlineData("a\0b\0", "a=b")]
    [InlineData("\0", "=")]
    public void Enumeration_OfBlock_GivesItsHeaders(string block, params string[] expected)
    {
        var headers = new List<string>();
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(Encoding.Latin1.GetBytes(block)))
        {
            headers.Add($"{Encoding.Latin1.GetString(name)}={Encoding.Latin1.GetString(value)}");
        }

        Assert.Equal(expected, headers);
    }

    [Theory]
    [InlineData("", "None", 0)]
    [InlineData("a\0b", "None", 1)]
    [InlineData("a\0\0b\0", "None", 2)]
    [InlineData("x-!#$%&'*+.^_`|~09\0\u00e9\t\"(){}", "None", 1)]
    [InlineData("a", "OddParts", 0)]
    [InlineData("a\0b\0", "OddParts", 1)]
    [InlineData("a\0b\0c", "OddParts", 1)]
    [InlineData("\0b", "EmptyName", 0)]
    [InlineData("a\0b\0\0", "EmptyName", 1)]
    [InlineData("a b\0c", "NameNotToken", 0)]
    [InlineData("a\0b\0c:\0d", "NameNotToken", 1)]
    [InlineData("a\r\0b", "NameNotToken", 0)]
    [InlineData("\u00e9\0b", "NameNotToken", 0)]
    [InlineData("a\0b\rc", "ControlInValue", 0)]
    [InlineData("a\0b\0c\0d\ne", "ControlInValue", 1)]
    [InlineData("a\0\r\nx\0c\0d", "ControlInValue", 0)]
    public void Validate_Block_GivesTheFirstErrorAndItsHeader(string block, string error, int index)
    {
        HeaderBlockError found = HeaderBlock.Validate(Encoding.Latin1.GetBytes(block), out int at);

        Assert.Equal((error, index), (found.ToString(), at));
    }

    [Fact]
    public void Validate_EveryByteInAName_IsAllowedExactlyWhenAToken()
    {
        const string Special = "!#$%&'*+-.^_`|~";
        for (int value = 1; value <= byte.MaxValue; value++)
        {
            bool token = char.IsAsciiLetterOrDigit((char)value) || Special.Contains((char)value);
            HeaderBlockError expected = token ? HeaderBlockError.None : HeaderBlockError.NameNotToken;

            Assert.Equal(expected, HeaderBlock.Validate([(byte)'n', (byte)value, 0, (byte)'v'], out _));
        }
    }

    [Fact]
    public void Validate_EveryByteInAValue_IsAllowedUnlessItBreaksTheLine()
    {
        for (int value = 1; value <= byte.MaxValue; value++)
        {
            HeaderBlockError expected = (value < 32 && value != 9) || value == 127 ? HeaderBlockError.ControlInValue : HeaderBlockError.None;

            Assert.Equal(expected, HeaderBlock.Validate([(byte)'n', 0, (byte)'v', (byte)value], out _));
        }
    }
}
