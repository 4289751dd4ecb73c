namespace Cdp.Ingestion.Receiving;

/// <summary>Treats <c>//v1/batch</c> as <c>/v1/batch</c>: some senders join a host that ends with a slash and a path that begins with one.</summary>
public static class RequestPath
{
    /// <summary>Removes repeated slashes from the path before routing. Routing itself ignores a slash at the end.</summary>
    public static void UseSingleSlashes(this IApplicationBuilder app)
    {
        app.Use((context, next) =>
        {
            context.Request.Path = Of(context.Request.Path);
            return next(context);
        });
        // Routing must come after the path has been changed; without this call it would run first.
        app.UseRouting();
    }

    /// <summary>The path with each run of slashes replaced by one.</summary>
    public static PathString Of(PathString path)
    {
        if (path.Value is not { } text || !text.Contains("//", StringComparison.Ordinal)) return path;
        var parts = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var end = text.EndsWith('/') && parts.Length > 0 ? "/" : "";
        return new PathString("/" + string.Join('/', parts) + end);
    }
}
