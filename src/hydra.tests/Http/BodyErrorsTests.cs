using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class BodyErrorsTests
{
    [Theory]
    [InlineData(400, "BadBody")]
    [InlineData(408, "BodyTooSlow")]
    [InlineData(413, "BodyTooLarge")]
    [InlineData(499, "BadBody")]
    public void FailureOf_KestrelsStatus_NamesTheFailure(int status, string expected)
    {
        var error = new BadHttpRequestException("", status);
        Assert.True(BodyErrors.IsBrokenBody(error));
        Assert.False(BodyErrors.IsClientGone(error));
        Assert.Equal(expected, BodyErrors.FailureOf(error).ToString());
    }

    [Fact]
    public void FailureOf_ChunkSizeBeyondAllBounds_IsABadBody()
    {
        var error = new IOException("Bad chunk size data.");
        Assert.True(BodyErrors.IsBrokenBody(error));
        Assert.False(BodyErrors.IsClientGone(error));
        Assert.Equal(Failure.BadBody, BodyErrors.FailureOf(error));
    }

    [Fact]
    public void IsClientGone_ConnectionThatEnded_IsNoBrokenBody()
    {
        Exception[] errors = [new ConnectionResetException(""), new ConnectionAbortedException(), new TaskCanceledException()];
        Assert.All(errors, error => Assert.True(BodyErrors.IsClientGone(error)));
        Assert.All(errors, error => Assert.False(BodyErrors.IsBrokenBody(error)));
    }

    // A functional test sees that this is what Kestrel says.
    [Theory]
    [InlineData("Unexpected end of request content.", true)]
    [InlineData("Bad chunk size data.", false)]
    public void IsBrokenOff_EndBeforeTheBodys_IsNoNonsense(string message, bool expected)
    {
        Assert.Equal(expected, BodyErrors.IsBrokenOff(new BadHttpRequestException(message)));
        Assert.True(BodyErrors.IsBrokenOff(new ConnectionResetException("")));
    }

    [Fact]
    public void Errors_OfOurOwn_AreNeither()
    {
        var error = new InvalidOperationException();
        Assert.False(BodyErrors.IsBrokenBody(error));
        Assert.False(BodyErrors.IsClientGone(error));
    }
}
