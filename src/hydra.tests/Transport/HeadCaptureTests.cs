using System.Text;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

public class HeadCaptureTests
{
    private readonly HeadCapture _capture = new();

    [Fact]
    public void Append_InPieces_IsTheWhole()
    {
        string head = new('x', 3000);
        for (int i = 0; i < head.Length; i += 7)
        {
            Append(head.Substring(i, Math.Min(7, head.Length - i)));
        }

        Assert.Equal(head, Bytes);
    }

    [Theory]
    [InlineData("12", "34567890", 10)]
    [InlineData("", "1234567890", 10)]
    [InlineData("1234567890", "", 10)]
    [InlineData("", "", 0)]
    public void Restart_BodyReadInPart_PassesOverTheRest(string read, string unread, long length)
    {
        Append("first");
        _capture.Stop();
        Assert.Equal("", Bytes);
        Append(read);
        _capture.Restart(length);
        Append(unread);
        Append("second");

        Assert.Equal("second", Bytes);
    }

    [Fact]
    public void Restart_RestComesTogetherWithTheHead_IsCutWhereTheHeadBegins()
    {
        _capture.Stop();
        _capture.Restart(3);
        Append("abcGET ");
        Append("/");

        Assert.Equal("GET /", Bytes);
    }

    [Fact]
    public void Restart_LengthUnknown_KeepsNothingUntilTheNext()
    {
        _capture.Stop();
        _capture.Restart(null);
        Append("5\r\nabcde\r\n0\r\n\r\nGET / ");
        Assert.Equal("", Bytes);

        _capture.Stop();
        _capture.Restart(0);
        Append("GET /");
        Assert.Equal("GET /", Bytes);
    }

    [Fact]
    public void Append_MoreThanAnyHead_KeepsNothing()
    {
        for (int i = 0; i < 200; i++)
        {
            Append(new string('x', 1024));
        }

        Assert.Equal("", Bytes);
    }

    private string Bytes => Encoding.ASCII.GetString(_capture.Bytes);

    private void Append(string text) => _capture.Append(Encoding.ASCII.GetBytes(text));
}
