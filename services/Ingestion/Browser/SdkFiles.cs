using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace Cdp.Ingestion.Browser;

/// <summary>Serves the files of a folder to the pages of any origin, compressed where a <c>.br</c> or <c>.gz</c> lies beside them.</summary>
public sealed class SdkFiles(string folder)
{
    // The names of most files say nothing of their version, so a browser asks again after an hour, and is mostly told that nothing has changed.
    public const string CacheControl = "public, max-age=3600";

    private static readonly (string Name, string Suffix)[] Encodings = [("br", ".br"), ("gzip", ".gz")];

    // A package's files are written one after the other. One that is older than that was made of another version.
    private static readonly TimeSpan Unpacking = TimeSpan.FromMinutes(1);

    // What SDKs consist of; nothing else that lies in the folder is served.
    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".json"] = "application/json",
        [".map"] = "application/json",
        [".wasm"] = "application/wasm",
    };

    // It refuses paths that lead out of the folder, and files whose name begins with a dot.
    private readonly PhysicalFileProvider _files = new(Path.GetFullPath(folder));
    private readonly ConcurrentDictionary<(string, DateTimeOffset, long), EntityTagHeaderValue> _tags = new();

    public IResult Find(HttpRequest request, HttpResponse response, string path)
    {
        var plain = _files.GetFileInfo(path);
        if (!plain.Exists || plain.PhysicalPath is null || !ContentTypes.TryGetValue(Path.GetExtension(path), out var contentType)) return Results.NotFound();
        var (chosen, encoding) = Choose(request, path, plain);
        var headers = response.Headers;
        headers.CacheControl = CacheControl;
        headers.Vary = "Accept-Encoding";
        headers.AccessControlAllowOrigin = "*";
        headers.XContentTypeOptions = "nosniff";
        if (encoding is not null) headers.ContentEncoding = encoding;
        return Results.File(chosen.PhysicalPath!, contentType, entityTag: Tag(chosen));
    }

    private (IFileInfo File, string? Encoding) Choose(HttpRequest request, string path, IFileInfo plain)
    {
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted);
        foreach (var (name, suffix) in Encodings)
        {
            if (accepted?.Any(encoding => encoding.Value.Equals(name, StringComparison.OrdinalIgnoreCase) && encoding.Quality is not 0) != true) continue;
            var sibling = _files.GetFileInfo(path + suffix);
            if (sibling is { Exists: true, PhysicalPath: not null } && plain.LastModified - sibling.LastModified < Unpacking) return (sibling, name);
        }
        return (plain, null);
    }

    // Of the bytes: packages give every file of every version the same time.
    private EntityTagHeaderValue Tag(IFileInfo file) => _tags.GetOrAdd((file.PhysicalPath!, file.LastModified, file.Length), _ =>
    {
        using var stream = file.CreateReadStream();
        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(stream)[..16])}\"");
    });
}
