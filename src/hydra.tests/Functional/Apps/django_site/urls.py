from django.contrib import admin
from django.http import JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


def where(request, name):
    return JsonResponse({"name": name, "url": request.build_absolute_uri(), "method": request.method, "query": request.GET.dict()})


def stream(request):
    return StreamingHttpResponse(f"line {i}\n" for i in range(1000))


def fail(request):
    raise RuntimeError("a view that fails")


@csrf_exempt
def upload(request):
    sizes = {name: file.size for name, file in request.FILES.items()}
    return JsonResponse(sizes)


urlpatterns = [
    path("admin/", admin.site.urls),
    path("where/<str:name>/", where),
    path("stream/", stream),
    path("fail/", fail),
    path("upload/", upload),
]
