using System.IO.Pipes;
using Hydra.Hosting;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class PredecessorTests
{
    [Fact]
    public void Exists_WithoutInheritance_IsFalseAndNobodyIsTold()
    {
        using var predecessor = new Predecessor(null);

        Assert.False(predecessor.Exists);
        predecessor.ReportReady();
    }

    [PosixFact]
    public void ReportReady_Pipe_HasTheWordAndEnds() => Assert.Equal(Predecessor.ReadyText, WhatIsSaid(static server => server.ReportReady()));

    [PosixFact]
    public void ReportFailure_Pipe_HasTheReasonAndNothingAfterIt()
        => Assert.Equal("no such module", WhatIsSaid(static server =>
        {
            server.ReportFailure("no such module");
            server.ReportReady();
        }));

    private static string WhatIsSaid(Action<Predecessor> say)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        int descriptor = (int)pipe.ClientSafePipeHandle.DangerousGetHandle();

        // From here on it is the predecessor's to close.
        pipe.ClientSafePipeHandle.SetHandleAsInvalid();
        using (var predecessor = new Predecessor(new Inheritance(1, descriptor, "/", [])))
        {
            Assert.True(predecessor.Exists);
            say(predecessor);
        }

        return new StreamReader(pipe).ReadToEnd();
    }
}
