using Hydra.Hosting;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class InheritanceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parse_WhatFormatWrote_IsTheSame(bool ignoresHangup)
    {
        var inheritance = new Inheritance(4711, 6, "/srv/a;b=c,d é", [
            new InheritedSocket("127.0.0.1:0", 3, IsShared: false, OwnsPath: false),
            new InheritedSocket("/run/a;b=1,2 %.sock", 4, IsShared: false, OwnsPath: true),
            new InheritedSocket("fd://3", 5, IsShared: true, OwnsPath: false)], ignoresHangup)
        { State = ignoresHangup ? 7 : null, StateVersion = ignoresHangup ? 3 : 0 };

        Inheritance read = Assert.IsType<Inheritance>(Inheritance.Parse(inheritance.Format()));

        Assert.Equal(inheritance.Sockets, read.Sockets);
        Assert.Equal(inheritance with { Sockets = read.Sockets }, read);
    }

    [Fact]
    public void Parse_DirectoryThatIsNoText_IsTheSame()
    {
        string text = new Inheritance(4711, 6, "/srv/caf\udce9/é +;%", []).Format();

        Assert.True(System.Text.Ascii.IsValid(text));
        Assert.Equal("/srv/caf\udce9/é +;%", Inheritance.Parse(text)?.Directory);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("parent=1;report=5")]
    [InlineData("parent=1;report=x;directory=/")]
    [InlineData("parent=1;report=5;directory=/;socket=3")]
    [InlineData("parent=1;report=5;directory=/;socket=x,,,a")]
    [InlineData("parent=1;report=5;directory=/;other=1")]
    [InlineData("parent=1;report=5;directory=/;state=7")]
    [InlineData("parent=1;report=5;directory=/;state=7,x")]
    public void Parse_SomethingElse_IsNone(string text) => Assert.Null(Inheritance.Parse(text));
}
