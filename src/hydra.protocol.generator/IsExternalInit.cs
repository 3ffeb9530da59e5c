namespace System.Runtime.CompilerServices;

/// <summary>What the compiler looks for behind <c>init</c> and records; netstandard2.0 does not have it.</summary>
internal static class IsExternalInit;
