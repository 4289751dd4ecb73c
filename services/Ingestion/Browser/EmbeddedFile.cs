using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Cdp.Ingestion.Browser;

/// <summary>A file of this folder that is embedded in the program and served to browsers.</summary>
public sealed class EmbeddedFile
{
    private readonly byte[] _bytes;
    private readonly EntityTagHeaderValue _tag;

    private EmbeddedFile(byte[] bytes) => (_bytes, _tag) = (bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..16])}\""));

    public static EmbeddedFile Read(string name)
    {
        using var stream = typeof(EmbeddedFile).Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return new EmbeddedFile(bytes.ToArray());
    }

    public IResult Serve(HttpResponse response, string contentType, string cacheControl)
    {
        response.Headers.CacheControl = cacheControl;
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.XContentTypeOptions = "nosniff";
        return Results.File(_bytes, $"{contentType}; charset=utf-8", entityTag: _tag);
    }
}
