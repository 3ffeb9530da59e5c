using Hydra.Tests.Functional.Harness;
using Hydra.Tls;
using Xunit;

namespace Hydra.Tests.Tls;

/// <summary>Files of certificates, good and bad.</summary>
public sealed class LoadedCertificateTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestAuthority _authority;

    public LoadedCertificateTests() => _authority = new TestAuthority(_directory.Path);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Load_CertificateAndKey_HasItsNamesAndChain()
    {
        IssuedFiles files = _authority.Issue("a", "a.example", "*.b.example", "::1");
        LoadedCertificate loaded = LoadedCertificate.Load(new CertificateFiles(files.Certificate, files.Key), null, null);

        Assert.Equal(["a.example", "*.b.example", "::1"], loaded.Names);
        Assert.True(loaded.Certificate.HasPrivateKey);
    }

    [Fact]
    public void Load_KeyInTheCertificatesFile_NeedsNoOther()
    {
        IssuedFiles files = _authority.Issue("a", "a.example");
        File.AppendAllText(files.Certificate, "\n" + files.KeyText);

        Assert.True(LoadedCertificate.Load(new CertificateFiles(files.Certificate, null), null, null).Certificate.HasPrivateKey);
    }

    [Fact]
    public void Load_EncryptedKey_IsOpenedByThePassword()
    {
        IssuedFiles files = _authority.Issue("a", "a.example");

        Assert.True(LoadedCertificate.Load(new CertificateFiles(files.Certificate, files.LockedKey), "open sesame", null).Certificate.HasPrivateKey);
        Assert.Equal(
            $"the key in {files.LockedKey} is encrypted: --ssl-keyfile-password opens it.",
            Assert.Throws<TlsException>(() => LoadedCertificate.Load(new CertificateFiles(files.Certificate, files.LockedKey), null, null)).Message);
        Assert.Equal(
            $"the key in {files.LockedKey} cannot be opened with this password.",
            Assert.Throws<TlsException>(() => LoadedCertificate.Load(new CertificateFiles(files.Certificate, files.LockedKey), "wrong", null)).Message);
    }

    [Fact]
    public void Load_WhatIsNoGood_SaysWhy()
    {
        IssuedFiles a = _authority.Issue("a", "a.example");
        IssuedFiles b = _authority.Issue("b", "b.example");
        string missing = Path.Combine(_directory.Path, "missing.pem");
        string empty = Path.Combine(_directory.Path, "empty.pem");
        File.WriteAllText(empty, "");

        Assert.Equal($"{missing} cannot be read: there is no such file.", Problem(missing, a.Key));
        Assert.Equal($"{missing} cannot be read: there is no such file.", Problem(a.Certificate, missing));
        Assert.Equal($"{_directory.Path} cannot be read: it is a directory.", Problem(_directory.Path, a.Key));
        Assert.Equal($"{empty} has no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----.", Problem(empty, a.Key));
        Assert.Equal($"{empty} has no private key in PEM.", Problem(a.Certificate, empty));
        Assert.Equal($"{a.Certificate} has no private key beside the certificate: name its file with --ssl-keyfile.", Problem(a.Certificate, null));
        Assert.Equal($"the key in {b.Key} is not that of the certificate in {a.Certificate}.", Problem(a.Certificate, b.Key));
    }

    private static string Problem(string certificate, string? key)
        => Assert.Throws<TlsException>(() => LoadedCertificate.Load(new CertificateFiles(certificate, key), null, null)).Message;
}
