using Hydra.Files;
using Xunit;

namespace Hydra.Tests.Files;

/// <summary><see cref="Preconditions"/>: RFC 9110, section 13.</summary>
public sealed class PreconditionsTests
{
    private const string Tag = "\"abc\"";
    private const string Then = "Sun, 06 Nov 1994 08:49:37 GMT";
    private const string Before = "Sun, 06 Nov 1994 08:49:36 GMT";
    private const string After = "Sun, 06 Nov 1994 08:49:38 GMT";

    private static readonly Validators Current = new(Tag, 784111777);

    [Theory]
    [InlineData(Tag, ConditionOutcome.NotModified)]
    [InlineData("W/\"abc\"", ConditionOutcome.NotModified)]
    [InlineData("*", ConditionOutcome.NotModified)]
    [InlineData("\"x\", \"abc\"", ConditionOutcome.NotModified)]
    [InlineData("\"x,\" ,W/\"abc\"", ConditionOutcome.NotModified)]
    [InlineData("\"ab\"", ConditionOutcome.Holds)]
    [InlineData("abc", ConditionOutcome.Holds)]
    [InlineData("\"abc", ConditionOutcome.Holds)]
    [InlineData("\"", ConditionOutcome.Holds)]
    public void Evaluate_IfNoneMatch_ComparesWeakly(string value, object expected)
        => Assert.Equal(expected, Preconditions.Evaluate(Current, "", "", value, ""));

    [Theory]
    [InlineData(Tag, ConditionOutcome.Holds)]
    [InlineData("*", ConditionOutcome.Holds)]
    [InlineData("W/\"abc\"", ConditionOutcome.Failed)]
    [InlineData("\"x\"", ConditionOutcome.Failed)]
    public void Evaluate_IfMatch_ComparesStrongly(string value, object expected)
        => Assert.Equal(expected, Preconditions.Evaluate(Current, value, "", "", ""));

    [Theory]
    [InlineData(Then, ConditionOutcome.NotModified)]
    [InlineData(After, ConditionOutcome.NotModified)]
    [InlineData(Before, ConditionOutcome.Holds)]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT", ConditionOutcome.NotModified)]
    [InlineData("Sun Nov  6 08:49:37 1994", ConditionOutcome.NotModified)]
    [InlineData("yesterday", ConditionOutcome.Holds)]
    public void Evaluate_IfModifiedSince_AsksForLater(string value, object expected)
        => Assert.Equal(expected, Preconditions.Evaluate(Current, "", "", "", value));

    [Theory]
    [InlineData(Then, ConditionOutcome.Holds)]
    [InlineData(Before, ConditionOutcome.Failed)]
    [InlineData("yesterday", ConditionOutcome.Holds)]
    public void Evaluate_IfUnmodifiedSince_FailsForLater(string value, object expected)
        => Assert.Equal(expected, Preconditions.Evaluate(Current, "", value, "", ""));

    // Section 13.2.2: tags make dates count for nothing, and what fails comes before what is known.
    [Theory]
    [InlineData(Tag, Before, "", "", ConditionOutcome.Holds)]
    [InlineData("\"x\"", "", Tag, "", ConditionOutcome.Failed)]
    [InlineData("", "", "\"x\"", After, ConditionOutcome.Holds)]
    [InlineData(Tag, "", Tag, Before, ConditionOutcome.NotModified)]
    [InlineData("", Before, Tag, "", ConditionOutcome.Failed)]
    public void Evaluate_SeveralFields_HaveTheirOrder(string ifMatch, string ifUnmodified, string ifNone, string ifModified, object expected)
        => Assert.Equal(expected, Preconditions.Evaluate(Current, ifMatch, ifUnmodified, ifNone, ifModified));

    [Theory]
    [InlineData(null, true)]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData(Tag, true)]
    [InlineData("W/\"abc\"", false)]
    [InlineData("\"x\"", false)]
    [InlineData(Then, true)]
    [InlineData(After, false)]
    [InlineData(Before, false)]
    [InlineData("nonsense", false)]
    public void AllowsRange_IfRange_IsExact(string? value, bool expected) => Assert.Equal(expected, Preconditions.AllowsRange(Current, value));

    [Fact]
    public void Evaluate_NothingIsKnown_Holds()
    {
        Assert.Equal(ConditionOutcome.Holds, Preconditions.Evaluate(new Validators(null, null), "", Before, Tag, After));
        Assert.False(Preconditions.AllowsRange(new Validators(null, null), Tag));
    }
}
