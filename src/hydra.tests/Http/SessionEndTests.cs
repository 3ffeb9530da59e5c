using System.Buffers;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class SessionEndTests
{
    [Theory]
    [InlineData("", 1005, 0)]
    [InlineData("03E8", 1000, 0)]
    [InlineData("03E9C3BC", 1001, 2)]
    [InlineData("03", 1002, 0)]
    [InlineData("03EE", 1002, 0)]
    [InlineData("03E9C3", 1007, 0)]
    public void Of_Payload_SaysCodeAndReason(string hex, int code, int reason)
    {
        SessionEnd end = SessionEnd.Of(new ReadOnlySequence<byte>(Convert.FromHexString(hex)));

        Assert.Equal((code, reason), (end.Code, end.Reason.Length));
    }
}
