using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Cdp.Ingestion.Browser;

/// <summary>A file of this folder that is served, as it was built into the program.</summary>
public sealed class OwnFile
{
    private readonly byte[] _bytes;
    private readonly EntityTagHeaderValue _tag;

    private OwnFile(byte[] bytes) => (_bytes, _tag) = (bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..16])}\""));

    public static OwnFile Read(string name)
    {
        using var stream = typeof(OwnFile).Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return new OwnFile(bytes.ToArray());
    }

    public IResult Answer(HttpResponse response, string contentType, string cacheControl)
    {
        response.Headers.CacheControl = cacheControl;
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.XContentTypeOptions = "nosniff";
        return Results.File(_bytes, $"{contentType}; charset=utf-8", entityTag: _tag);
    }
}
