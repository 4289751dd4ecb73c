namespace Cdp.Hosting;

/// <summary>The identifier's value in a path, which may hold anything: a slash, a percent sign, a space.</summary>
public static class PathValue
{
    /// <summary>
    /// The server leaves an escaped slash as it is but decodes the rest, after which <c>%2F</c> may be a slash or the three characters. The request line
    /// tells them apart.
    /// </summary>
    /// <param name="target">The request line's: <c>/v1/identity/email/ada%40x.org?…</c>.</param>
    /// <param name="before">What stands before the type: <c>/v1/identity/</c>.</param>
    /// <param name="decoded">The value as the server gives it, for a target in another form.</param>
    public static string Of(string target, string before, string decoded)
    {
        var path = target.AsSpan(0, target.IndexOf('?') is >= 0 and var query ? query : target.Length);
        if (!path.StartsWith(before, StringComparison.OrdinalIgnoreCase)) return decoded;
        var typeAndValue = path[before.Length..];
        return typeAndValue.IndexOf('/') is > 0 and var slash ? Uri.UnescapeDataString(typeAndValue[(slash + 1)..]) : decoded;
    }
}
