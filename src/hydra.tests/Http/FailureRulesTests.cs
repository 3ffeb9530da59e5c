using System.Text.RegularExpressions;
using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Http;

public sealed partial class FailureRulesTests
{
    [Fact]
    public void All_HasARowForEachFailure_InItsOrder()
    {
        Assert.Equal(Enum.GetValues<Failure>(), FailureRules.All.Select(static rule => rule.Failure));
        Assert.All(Enum.GetValues<Failure>(), static failure => Assert.Equal(failure, failure.Rule().Failure));
    }

    [Fact]
    public void Names_AreUniqueAndThoseOfTheEnum()
    {
        Assert.Equal(FailureRules.Names.Count, FailureRules.Names.Distinct().Count());
        Assert.Equal(
            Enum.GetNames<Failure>().Select(static name => WordStart().Replace(name, "_$0").ToLowerInvariant()), FailureRules.Names);
    }

    [Theory]
    [InlineData(400, "BadHead BadLength BadFieldName OtherHost BadHandshake BadBody BadPacket")]
    [InlineData(403, "NotAProxy")]
    [InlineData(408, "HeadTooSlow BodyTooSlow")]
    [InlineData(411, "LengthRequired")]
    [InlineData(413, "BodyTooLarge")]
    [InlineData(414, "TargetTooLong")]
    [InlineData(415, "UnknownContentCoding")]
    [InlineData(421, "Misdirected")]
    [InlineData(426, "OtherWebSocket")]
    [InlineData(429, "RateLimited TooManyOfOne Flooded")]
    [InlineData(431, "HeadTooLarge")]
    [InlineData(499, "ClientGone")]
    [InlineData(500, "Convicted ApplicationError BadResponse FileUnreadable BodyLost")]
    [InlineData(501, "UnknownCoding UnknownMethod NotImplemented")]
    [InlineData(502, "WorkerLost")]
    [InlineData(503, "TooManyConnections QueueFull QueueTimeout Closing NotStarted MemoryShort")]
    [InlineData(504, "NotCached TimedOut")]
    [InlineData(505, "UnknownVersion")]
    public void Rule_Status_IsThatOfTheseFailures(int status, string failures)
        => Assert.Equal(failures, string.Join(' ', FailureRules.All.Where(rule => rule.Status == status).Select(static rule => rule.Failure)));

    [Fact]
    public void Rule_OfTheClientsSide_ClosesAndIsNotLogged()
    {
        IEnumerable<FailureRule> clients = FailureRules.All.Where(static rule => rule.Failure is >= Failure.BadHead and <= Failure.ClientGone);
        Assert.All(clients, static rule => Assert.Equal((LogLevel.None, false), (rule.Level, rule.RetryAfter)));

        // What is whole, and only not wanted, leaves the connection as it is.
        Assert.Equal(
            [Failure.OtherHost, Failure.Misdirected, Failure.NotMounted, Failure.NoFile, Failure.NotCached, Failure.NotAllowed, Failure.NotImplemented, Failure.BadHandshake, Failure.OtherWebSocket],
            clients.Where(static rule => !rule.Closes).Select(static rule => rule.Failure));
        Assert.Equal([Failure.ClientGone], FailureRules.All.Where(static rule => rule.Aborts).Select(static rule => rule.Failure));
    }

    [Fact]
    public void Rule_RetryAfter_GoesWith503And429()
        => Assert.All(FailureRules.All, static rule => Assert.Equal(rule.Status is 503 or 429, rule.RetryAfter));

    [Theory]
    [InlineData(400, nameof(Failure.BadHead))]
    [InlineData(405, nameof(Failure.BadHead))]
    [InlineData(408, nameof(Failure.HeadTooSlow))]
    [InlineData(413, nameof(Failure.BodyTooLarge))]
    [InlineData(414, nameof(Failure.TargetTooLong))]
    [InlineData(431, nameof(Failure.HeadTooLarge))]
    [InlineData(501, nameof(Failure.UnknownCoding))]
    [InlineData(505, nameof(Failure.UnknownVersion))]
    public void OfRefusedHead_Status_IsItsFailure(int status, string failure)
        => Assert.Equal(failure, FailureRules.OfRefusedHead(status).ToString());

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex WordStart();
}
