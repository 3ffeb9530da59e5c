using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Hydra.Tests.Functional.Harness;
using Hydra.Tls;
using Xunit;

namespace Hydra.Tests.Tls;

/// <summary>Lists of revoked certificates (RFC 5280).</summary>
public sealed class RevokedSerialsTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestAuthority _authority;

    public RevokedSerialsTests() => _authority = new TestAuthority(_directory.Path);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_List_HasWhatItsAuthorityHasRevoked(bool inText)
    {
        using var other = new TestAuthority(_directory.Path, "Other");
        IssuedFiles good = _authority.Issue("good", "good");
        IssuedFiles bad = _authority.Issue("bad", "bad");

        // The same number of another authority is another certificate.
        _ = other.Issue("first", "first");
        IssuedFiles foreign = other.Issue("foreign", "foreign");
        Assert.Equal(bad.Serial, foreign.Serial);
        RevokedSerials revoked = RevokedSerials.Load(_authority.Revoke(inText, bad));

        Assert.False(revoked.Contains(Read(good)));
        Assert.True(revoked.Contains(Read(bad)));
        Assert.False(revoked.Contains(Read(foreign)));
    }

    [Fact]
    public void Load_ListWithoutEntries_IsOne() => Assert.False(RevokedSerials.Load(_authority.Revoke(true)).Contains(_authority.Certificate));

    [Fact]
    public void Load_SomethingElse_SaysSo()
    {
        string path = Path.Combine(_directory.Path, "missing.crl");

        Assert.Equal($"{path} cannot be read: there is no such file.", Assert.Throws<TlsException>(() => RevokedSerials.Load(path)).Message);
        Assert.Equal($"{_authority.File} has no certificate revocation list.", Assert.Throws<TlsException>(() => RevokedSerials.Load(_authority.File)).Message);
        File.WriteAllText(path, "nothing");
        Assert.Equal($"{path} has no certificate revocation list.", Assert.Throws<TlsException>(() => RevokedSerials.Load(path)).Message);
    }

    [Fact]
    public void Parse_CutOrAltered_IsRefusedInOrder()
    {
        byte[] list = File.ReadAllBytes(_authority.Revoke(false, _authority.Issue("bad", "bad")));
        var random = new Random(7);
        for (int i = 0; i < 2000; i++)
        {
            byte[] altered = [.. list[..random.Next(list.Length + 1)]];
            for (int k = 0; k < 3 && altered.Length > 0; k++)
            {
                altered[random.Next(altered.Length)] = (byte)random.Next(256);
            }

            Exception? problem = Record.Exception(() => RevokedSerials.Parse(altered));
            Assert.True(problem is null or AsnContentException or ArgumentException, problem?.ToString());
        }
    }

    private static X509Certificate2 Read(IssuedFiles files) => X509CertificateLoader.LoadCertificateFromFile(files.Certificate);
}
